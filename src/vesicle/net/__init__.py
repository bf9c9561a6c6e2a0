"""One HTTP client: timeouts, retries, redirects, limits."""
