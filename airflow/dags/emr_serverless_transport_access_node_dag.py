"""Airflow DAG: loads transport-access-node into PostgreSQL through Copydock."""

from copydock_dags import DATA_BUCKET, make_load_dag

dag = make_load_dag(
    "emr_serverless_transport_access_node_dag",
    data_set="transport-access-node",
    path=f"s3://{DATA_BUCKET}/transport-access-node-collection/transformed/transport-access-node/",
)
