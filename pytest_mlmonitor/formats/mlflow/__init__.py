"""MLflow's tracking store, a directory of files or an SQLite database, read into plain records; MLflow is not imported."""
