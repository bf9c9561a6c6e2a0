"""What is wrong with a site's set-up, each with its mend: one area a file, `rounds` goes through them."""
