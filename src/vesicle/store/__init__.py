"""RIM: the content folder, packaged files and the database. `sqlalchemy` is imported nowhere else."""
