"""Airflow DAG: loads title-boundary into PostgreSQL through Copydock."""

from copydock_dags import DATA_BUCKET, make_load_dag

dag = make_load_dag(
    "emr_sl_title_boundary_collection",
    data_set="title-boundary",
    path=f"s3://{DATA_BUCKET}/title-boundary-collection/transformed/title-boundary/",
)
