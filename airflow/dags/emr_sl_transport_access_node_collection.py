"""Airflow DAG: loads transport-access-node into PostgreSQL through Copydock."""

from copydock_dags import DATA_BUCKET, make_load_dag

dag = make_load_dag(
    "emr_sl_transport_access_node_collection",
    data_set="transport-access-node",
    path=f"s3://{DATA_BUCKET}/transport-access-node-collection/transformed/transport-access-node/",
)
