import yaml

from dashboards.build import DATA_SOURCE_UID
from tests.deploy import compose
from tests.deploy.compose import TOP, Json

PROVISIONING = TOP / "deploy" / "grafana" / "provisioning"


def read(name: str) -> Json:
    found: Json = yaml.safe_load((PROVISIONING / name).read_text(encoding="utf-8"))
    return found


def test_the_data_source_is_the_one_that_dashboards_ask_for() -> None:
    (source,) = read("datasources/prometheus.yml")["datasources"]
    assert source["uid"] == DATA_SOURCE_UID
    assert source["type"] == "prometheus"
    prometheus = compose.services()["prometheus"]
    assert source["url"] == f"http://prometheus:{prometheus['ports'][0].split(':')[-1]}"


def test_dashboards_are_read_from_where_they_are_mounted() -> None:
    (provider,) = read("dashboards/hotline.yml")["providers"]
    mounts = compose.mounts(compose.services()["grafana"])
    assert mounts[provider["options"]["path"]] == TOP / "dashboards" / "generated"
    assert provider["allowUiUpdates"] is False


def test_the_first_page_is_a_dashboard_that_exists() -> None:
    grafana = compose.services()["grafana"]
    folder, _, name = grafana["environment"][
        "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"
    ].rpartition("/")
    assert (compose.mounts(grafana)[folder] / name).is_file()
