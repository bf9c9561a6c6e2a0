"""THE STORY: collect, prepare, review, send. Each module calls the stages in the order of the flow."""
