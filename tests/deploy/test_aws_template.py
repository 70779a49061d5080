"""The CloudFormation template: what cfn-lint says, and what it cannot know."""

import json
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import cfn_yaml
from starlette.routing import Route

from inknet.service import Settings, create_app
from tests.deploy.local_lambda import ROOT

TEMPLATE = ROOT / "deploy" / "aws" / "template.yaml"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    """Return the resources, their short forms (``!Ref``) written out."""
    found: dict[str, Any] = cfn_yaml.load(str(TEMPLATE))["Resources"]
    return found


def of_type(resources: dict[str, Any], type_: str) -> list[dict[str, Any]]:
    found = [resource["Properties"] for resource in resources.values() if resource["Type"] == type_]
    assert found, f"no resource is a {type_}"
    return found


@pytest.mark.slow
@pytest.mark.parametrize("template", ["template", "waf"])
def test_cfn_lint(template: str) -> None:
    command = [str(Path(sys.executable).with_name("cfn-lint")), str(TEMPLATE.with_name(f"{template}.yaml"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == ""


def cache_of(path: str, distribution: dict[str, Any]) -> object:
    """Return CloudFront's cache policy for a path: that of the first matching pattern, otherwise the default."""
    for behavior in distribution["CacheBehaviors"]:
        if fnmatchcase(path, behavior["PathPattern"]):
            return behavior["CachePolicyId"]
    return distribution["DefaultCacheBehavior"]["CachePolicyId"]


def test_the_page_is_cached_and_nothing_else(resources: dict[str, Any]) -> None:
    (distribution,) = [found["DistributionConfig"] for found in of_type(resources, "AWS::CloudFront::Distribution")]
    web = ROOT / "web"
    page = {"/", *(f"/{path.relative_to(web)}" for path in web.rglob("*") if path.is_file())}
    assert {path for path in page if cache_of(path, distribution) != {"Ref": "PageCache"}} == set()
    routes = {route.path for route in create_app(Settings()).routes if isinstance(route, Route)} - page
    assert {"/predict", "/model", "/model/network", "/health/ready"} <= routes
    # What describes the service is a file like those of the page.
    described = {path for path in routes if path == "/openapi.json" or path.startswith("/docs/")}
    asked = (routes - described) | {"/v2/models/some.model/infer"}
    assert {path for path in asked if cache_of(path, distribution) != CACHING_DISABLED} == set()


def test_page_is_cached_despite_no_cache(resources: dict[str, Any]) -> None:
    (policy,) = of_type(resources, "AWS::CloudFront::CachePolicy")
    assert 60 <= policy["CachePolicyConfig"]["MinTTL"] <= 600


def test_cloudfront_sends_an_allowed_host(resources: dict[str, Any]) -> None:
    function = resources["Function"]["Properties"]
    (distribution,) = of_type(resources, "AWS::CloudFront::Distribution")
    hosts = json.loads(function["Environment"]["Variables"]["INKNET_ALLOWED_HOSTS"]["Fn::Sub"])
    assert [origin["DomainName"]["Fn::Sub"] for origin in distribution["DistributionConfig"]["Origins"]] == hosts


def test_requests_go_to_the_alias(resources: dict[str, Any]) -> None:
    function = resources["Function"]["Properties"]
    (integration,) = of_type(resources, "AWS::ApiGatewayV2::Integration")
    permission = resources["ApiMayCall"]["Properties"]
    assert function["AutoPublishAlias"] == "live"
    assert integration["IntegrationUri"] == permission["FunctionName"] == {"Ref": "Function.Alias"}
    # The events of the tests have this form.
    assert integration["PayloadFormatVersion"] == "2.0"
    assert function["Timeout"] * 1000 < integration["TimeoutInMillis"] <= 30_000


def test_everything_has_a_limit(resources: dict[str, Any]) -> None:
    function = resources["Function"]["Properties"]
    (stage,) = of_type(resources, "AWS::ApiGatewayV2::Stage")
    assert function["MemorySize"] <= 10_240
    assert function["ReservedConcurrentExecutions"] == {"Ref": "Concurrency"}
    assert {"ThrottlingRateLimit", "ThrottlingBurstLimit"} <= set(stage["DefaultRouteSettings"])
    assert all(group["RetentionInDays"] <= 90 for group in of_type(resources, "AWS::Logs::LogGroup"))


def test_access_log_is_json(resources: dict[str, Any]) -> None:
    (stage,) = of_type(resources, "AWS::ApiGatewayV2::Stage")
    line = json.loads(stage["AccessLogSettings"]["Format"])
    assert {"$context.status", "$context.requestId", "$context.responseLatency"} <= set(line.values())


def test_alarms_have_a_recipient(resources: dict[str, Any]) -> None:
    alarms = of_type(resources, "AWS::CloudWatch::Alarm")
    single = [alarm for alarm in alarms if "Metrics" not in alarm]
    assert {(alarm["Namespace"], alarm["MetricName"]) for alarm in single} == {
        ("AWS/Lambda", "Throttles"),
        ("AWS/Lambda", "Duration"),
        ("AWS/ApiGateway", "5xx"),
        ("AWS/ApiGateway", "Latency"),
    }
    assert all(alarm["AlarmActions"] == [{"Ref": "Alarms"}] for alarm in alarms)
    assert {alarm.get("ExtendedStatistic") for alarm in single if alarm["MetricName"] in {"Duration", "Latency"}} == {
        "p99"
    }
    (topic,) = of_type(resources, "AWS::SNS::Topic")
    assert topic["Subscription"] == [{"Protocol": "email", "Endpoint": {"Ref": "AlarmEmail"}}]


def test_a_release_is_rolled_back_by_a_share_of_many_events(resources: dict[str, Any]) -> None:
    """One event that an outsider makes fail must not be enough."""
    rollback = resources["Function"]["Properties"]["DeploymentPreference"]["Alarms"]
    assert {"Ref": "ErrorsAlarm"} in rollback
    alarm = resources["ErrorsAlarm"]["Properties"]
    *measured, share = alarm["Metrics"]
    assert [found["MetricStat"]["Metric"]["MetricName"] for found in measured] == ["Errors", "Invocations"]
    assert not any(found["ReturnData"] for found in measured)
    assert share["Expression"] == "IF(events >= 100, 100 * errors / events, 0)"
    # A tenth of the events goes to a new release, which may fail them all.
    assert 0 < alarm["Threshold"] < 10


def test_only_cloudfront_may_use_the_api(resources: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    (route,) = of_type(resources, "AWS::ApiGatewayV2::Route")
    assert (route["AuthorizationType"], route["AuthorizerId"]) == ("CUSTOM", {"Ref": "Authorizer"})
    (distribution,) = of_type(resources, "AWS::CloudFront::Distribution")
    ((header,),) = [origin["OriginCustomHeaders"] for origin in distribution["DistributionConfig"]["Origins"]]
    assert resources["Authorizer"]["Properties"]["IdentitySource"] == [f"$request.header.{header['HeaderName']}"]
    check = resources["CheckSecret"]["Properties"]
    assert check["Environment"]["Variables"]["SECRET"] == header["HeaderValue"]
    monkeypatch.setenv("SECRET", "s3cret")
    code: dict[str, Any] = {}
    exec(check["InlineCode"], code)  # noqa: S102 - the template's own
    for headers, allowed in (({"x-origin-secret": "s3cret"}, True), ({"x-origin-secret": "ß"}, False), ({}, False)):
        assert code["handler"]({"headers": headers}, None) == {"isAuthorized": allowed}


def test_rate_per_address_is_limited() -> None:
    rules = cfn_yaml.load(str(TEMPLATE.with_name("waf.yaml")))["Resources"]["WebAcl"]["Properties"]["Rules"]
    (rule,) = rules
    assert rule["Action"] == {"Block": {}}
    assert rule["Statement"]["RateBasedStatement"]["AggregateKeyType"] == "IP"
