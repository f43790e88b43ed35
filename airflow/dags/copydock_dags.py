"""The tasks that load files through Copydock, for Airflow 2 (HTTP provider 4) and Airflow 3 (HTTP provider 6).

Nothing is read or called while this file is parsed: Variables stand in templates, the address and the credentials of
Copydock in the Airflow connection `copydock`.
"""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta, timezone
from typing import Any

from airflow.providers.http.sensors.http import HttpSensor

try:
    from airflow.providers.http.operators.http import HttpOperator
except ImportError:  # HTTP provider before 4.6
    from airflow.providers.http.operators.http import SimpleHttpOperator as HttpOperator

try:
    from airflow.sdk import DAG, task, task_group
    from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.decorators import task, task_group
    from airflow.exceptions import AirflowException, AirflowFailException, AirflowSkipException

CONNECTION = "copydock"
ENVIRONMENT = "{{ var.value.env }}"
STAGING_BUCKET = "{{ var.value.get('s3_pyspark_jobs_codepackage', 'development-pyspark-jobs-codepackage') }}"
DATA_BUCKET = "{{ var.value.get('s3_data_bucket', 'development-collection-data') }}"

# A retry of a task keeps its max_tries, so it joins its own load; clearing the task raises max_tries: a new load.
IDEMPOTENCY_KEY = "{{ dag.dag_id }}/{{ run_id }}/{{ ti.task_id }}/{{ ti.map_index }}/{{ ti.max_tries }}"

# The answer's status is looked at here, not by the hook, which would leave out the reason. The hook itself would
# wait for an answer for ever.
OPTIONS = {"check_response": False, "timeout": 20}
# Outages of Copydock of up to five minutes are bridged by tries of the task.
RETRIES = {"retries": 30, "retry_delay": timedelta(seconds=10)}
# A load fails by itself after six hours, unless its timeout_s says otherwise.
WAIT_TIMEOUT_S = 6.5 * 3600


def make_load_dag(dag_id: str, *, data_set: str, path: str, tags: list[str] | None = None) -> DAG:
    """A DAG of one load. Trigger it with {"load_type": "sample"} to try it on 1,000 rows beside the target."""
    with DAG(
        dag_id=dag_id,
        schedule=None,
        start_date=datetime(2024, 1, 1, tzinfo=timezone.utc),
        catchup=False,
        params={"load_type": "full"},
        tags=["copydock", *(tags or [])],
    ) as dag:
        load_data_set(make_request(data_set=data_set, path=path))
    return dag


def make_request(**fields: Any) -> str:
    """The body of a load request. Fields that are given here outrank those that every request has."""
    return json.dumps(
        {
            "load_type": "{{ params.get('load_type', 'full') }}",
            "env": ENVIRONMENT,
            "s3_bucket": STAGING_BUCKET,
            "labels": {"dag_id": "{{ dag.dag_id }}", "run_id": "{{ run_id }}"},
            **fields,
        }
    )


def load_data_set(
    request: Any,
    *,
    mode: str = "reschedule",
    poke_interval_s: float = 15,
    wait_timeout_s: float = WAIT_TIMEOUT_S,
) -> Any:
    """Adds the tasks `submit`, `wait` and `cancel_unfinished` to the DAG or the task group around it.

    Returns the task that other tasks come after: it succeeds only if the load did.

    `mode` is the sensor's: `poke`, `reschedule` or `deferrable`. A deferrable sensor loses the reason of a failure
    and asks hundreds of times a second on anything but 404, so it waits until the load is settled, whatever became
    of it, and the task `check` then looks once at its gate.
    """
    submit = _make_call(
        task_id="submit",
        endpoint="/v1/loads",
        method="POST",
        data=request,
        headers={"Content-Type": "application/json", "Idempotency-Key": IDEMPOTENCY_KEY},
        response_check=check_accepted,
        response_filter=read_json,
    )
    answer = f"ti.xcom_pull(task_ids='{submit.task_id}', map_indexes=ti.map_index)"
    wait = HttpSensor(
        task_id="wait",
        http_conn_id=CONNECTION,
        poke_interval=poke_interval_s,
        timeout=wait_timeout_s,
        **RETRIES,
        **_sensor_of(mode, answer),
    )
    cancel = _make_call(
        task_id="cancel_unfinished",
        endpoint=f"{{{{ ({answer} or {{}}).get('status_url') }}}}/cancel",
        method="POST",
        pre_execute=skip_without_load if mode != "deferrable" else fail_without_load,
        response_check=check_cancelled if mode != "deferrable" else check_was_finished,
    )
    last = wait
    if mode == "deferrable":
        last = _make_call(
            task_id="check",
            endpoint=f"{{{{ {answer}['gate_url'] }}}}",
            method="GET",
            response_check=check_succeeded,
        )
        wait >> last
    # A teardown runs whatever became of the wait. The submit task is not its setup: clearing the wait would clear it,
    # too, and make a second load. It does not count for the state of the run, except after a deferrable sensor:
    # Airflow skips the check of a run that is marked failed, and would then call the run a success.
    submit >> wait
    last >> cancel.as_teardown(on_failure_fail_dagrun=mode == "deferrable")
    return last


def map_data_sets(data_sets: Any, *, path: str, mode: str = "reschedule", **options: Any) -> None:
    """Adds a mapped task group `load`: one load for each name in `data_sets`, a list or what a task returned.

    `{data_set}` in `path` stands for the name. Each load fails or succeeds for itself.
    """

    @task
    def make_requests(request: str, names: list[str]) -> list[str]:
        return [request.replace("{data_set}", name) for name in names]

    @task_group
    def load(request: str) -> None:
        load_data_set(request, mode=mode, **options)

    load.expand(request=make_requests(make_request(data_set="{data_set}", path=path), data_sets))


def _make_call(**arguments: Any) -> HttpOperator:
    call = HttpOperator(
        http_conn_id=CONNECTION, extra_options=OPTIONS, log_response=True, **RETRIES, **arguments
    )
    # Whatever Airflow's own default is: a deferred call does not know the options.
    call.deferrable = False
    return call


def _sensor_of(mode: str, answer: str) -> dict[str, Any]:
    if mode == "deferrable":
        return {
            "endpoint": f"{{{{ {answer}['settled_url'] }}}}",
            "deferrable": True,
            "extra_options": {"timeout": OPTIONS["timeout"]},
            "request_kwargs": {"hooks": {"response": pause_before_triggerer}},
            "pre_execute": fail_after_timeout,
        }
    # A sensor with a response_check is never deferred.
    return {
        "endpoint": f"{{{{ {answer}['gate_url'] }}}}",
        "mode": mode,
        "extra_options": OPTIONS,
        "response_check": check_succeeded,
    }


def pause_before_triggerer(response: Any, **_: Any) -> None:
    """The worker looks once, then the triggerer at once again: this keeps them a second apart."""
    if response.status_code == 404:
        time.sleep(1)


def fail_after_timeout(context: Any) -> None:
    """Airflow 2 takes the end of a deferred wait for a failed try and begins another; Airflow 3 does not."""
    ti = context["ti"]
    if getattr(ti, "next_method", None) == "__fail__" and "timeout" in str(ti.next_kwargs).lower():
        raise AirflowFailException("The wait has timed out. The load is cancelled if it is not finished.")


def read_json(response: Any) -> Any:
    return response.json()


def check_accepted(response: Any) -> bool:
    """A refused request stays refused, so the task fails without further tries; an outage is tried again."""
    if response.status_code < 400:
        return True
    if response.status_code >= 500 or response.status_code == 429:
        raise AirflowException(f"Copydock can't accept the load now: {_explain(response)}")
    raise AirflowFailException(f"Copydock refused the load: {_explain(response)}")


def check_succeeded(response: Any) -> bool:
    """False while the load goes on or Copydock can't tell, so that the wait goes on."""
    if response.status_code == 200:
        return True
    if response.status_code == 404 or response.status_code >= 500:
        return False
    raise AirflowFailException(
        f"{_explain(response)} To load again, clear the submit task with its downstream tasks; clearing only this "
        "task asks about the same load again."
    )


def check_cancelled(response: Any) -> bool:
    """A finished load stays as it is, which is fine; so is one whose commit has begun or that is gone."""
    return response.status_code < 400 or response.status_code in (404, 409)


def check_was_finished(response: Any) -> bool:
    if response.status_code == 200 and response.json()["status"] == "succeeded":
        return True
    if response.status_code >= 500:
        return False
    raise AirflowFailException("The load has not succeeded, so neither has the run.")


def skip_without_load(context: Any) -> None:
    if not _has_load(context):
        raise AirflowSkipException("No load was submitted: there is nothing to cancel.")


def fail_without_load(context: Any) -> None:
    if not _has_load(context):
        raise AirflowFailException("No load was submitted: the log of the submit task says why.")


def _has_load(context: Any) -> bool:
    ti = context["ti"]
    submit = context["task"].task_id.replace("cancel_unfinished", "submit")
    return ti.xcom_pull(task_ids=submit, map_indexes=ti.map_index) is not None


def _explain(response: Any) -> str:
    """The reason phrase carries the cause; the body says more where it is Copydock's."""
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    parts = [f"{response.status_code} {response.reason}"]
    parts += [f"{name}: {problem[name]}" for name in ("code", "field", "detail", "hint") if problem.get(name)]
    return ". ".join(part.rstrip(".") for part in parts) + "."
