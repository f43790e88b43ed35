"""Airflow test DAG: loads transport-access-node of the development data into PostgreSQL through Copydock."""

from copydock_dags import make_load_dag

dag = make_load_dag(
    "emr_sl_transport_access_node_collection_test",
    data_set="transport-access-node",
    path="s3://development-collection-data/transport-access-node-collection/transformed/transport-access-node/",
    tags=["test"],
)
