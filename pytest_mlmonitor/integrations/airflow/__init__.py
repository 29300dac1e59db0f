"""DAGs for Airflow: a file that needs nothing but Airflow, and starts the ``mlmonitor`` command."""
