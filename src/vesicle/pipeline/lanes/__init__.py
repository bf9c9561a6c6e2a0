"""What `vesicle run` keeps doing: a lane for each kind of work, none of which waits for another."""
