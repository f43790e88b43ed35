"""Airflow DAGs of the tests: the tasks of copydock_dags in each mode, with short waits and a request from the run."""

from datetime import datetime, timezone

from copydock_dags import DAG, load_data_set, make_request, map_data_sets

POKE_INTERVAL_S = 5


def make_scenario_dag(dag_id: str, mode: str, wait_timeout_s: float = 600) -> DAG:
    with DAG(
        dag_id=dag_id,
        schedule=None,
        start_date=datetime(2024, 1, 1, tzinfo=timezone.utc),
        catchup=False,
    ) as dag:
        load_data_set(
            make_request(
                data_set="{{ dag_run.conf['data_set'] }}", path="{{ dag_run.conf['path'] }}"
            ),
            mode=mode,
            poke_interval_s=POKE_INTERVAL_S,
            wait_timeout_s=wait_timeout_s,
        )
    return dag


poke = make_scenario_dag("scenario_poke", "poke")
reschedule = make_scenario_dag("scenario_reschedule", "reschedule")
deferrable = make_scenario_dag("scenario_deferrable", "deferrable")
short_wait_poke = make_scenario_dag("scenario_short_wait_poke", "poke", 12)
short_wait_reschedule = make_scenario_dag("scenario_short_wait_reschedule", "reschedule", 12)
short_wait_deferrable = make_scenario_dag("scenario_short_wait_deferrable", "deferrable", 12)

with DAG(
    dag_id="scenario_mapped",
    schedule=None,
    start_date=datetime(2024, 1, 1, tzinfo=timezone.utc),
    catchup=False,
) as mapped:
    map_data_sets(
        ["mapped-a", "mapped-b", "mapped-c"],
        path="s3://development-collection-data/mapped/{data_set}.csv",
        mode="poke",
        poke_interval_s=POKE_INTERVAL_S,
    )
