"""Airflow test DAG: loads title-boundary of the development data into PostgreSQL through Copydock."""

from copydock_dags import make_load_dag

dag = make_load_dag(
    "emr_sl_title_boundary_collection_test",
    data_set="title-boundary",
    path="s3://development-collection-data/title-boundary-collection/transformed/title-boundary/",
    tags=["test"],
)
