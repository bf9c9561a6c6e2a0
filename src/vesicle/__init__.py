"""Vesicle: curated findings and explainers become newsletters and posts, each delivered once."""
