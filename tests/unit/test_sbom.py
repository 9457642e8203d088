"""The bill of materials: all of the lock, as CycloneDX 1.6 asks for it, and the same each time."""

from __future__ import annotations

import importlib.metadata
import json
import re
import uuid

import pytest
from typer.testing import CliRunner

from pipeline import __version__
from pipeline.cli import app
from pipeline.errors import RollcallError
from pipeline.home import PROJECT
from pipeline.sbom import LOCK, bill_of_materials, normalised, read_lock

# of the specification's schema: what must be there, what may be, and how it is written
ROOT = {"bomFormat", "specVersion"}, {"$schema", "serialNumber", "version", "metadata", "components", "dependencies"}
COMPONENT = {"type", "name"}, {"bom-ref", "version", "purl", "licenses", "externalReferences"}
REFERENCE = {"url", "type"}, {"comment", "hashes"}
SERIAL = r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


def fits(found: dict, shape: tuple[set[str], set[str]]) -> None:
    required, optional = shape
    assert required <= found.keys() <= required | optional, found.keys()


@pytest.fixture(scope="module")
def bill() -> dict:
    return bill_of_materials()


def test_it_is_of_the_form_that_the_specification_asks_for(bill):
    fits(bill, ROOT)
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(SERIAL, bill["serialNumber"])
    assert uuid.UUID(bill["serialNumber"].removeprefix("urn:uuid:"))
    whole = bill["metadata"]["component"]
    fits(whole, COMPONENT)
    assert (whole["type"], whole["name"], whole["version"]) == ("application", "rollcall", __version__)
    for component in bill["components"]:
        fits(component, COMPONENT)
        assert component["type"] == "library"
        assert component["purl"] == f"pkg:pypi/{component['name']}@{component['version']}"
        for reference in component["externalReferences"]:
            fits(reference, REFERENCE)
            assert reference["hashes"]
            for each in reference["hashes"]:
                assert each.keys() == {"alg", "content"}
                assert each["alg"] == "SHA-256"
                assert re.fullmatch(r"[0-9a-f]{64}", each["content"])
        # either one expression or names of licences, never both
        licences = component.get("licenses", [])
        assert all(each.keys() == {"expression"} for each in licences) or all(
            each.keys() == {"license"} and each["license"]["name"] for each in licences
        )
        assert len(licences) == 1 or not any("expression" in each for each in licences)


def test_references_are_unique_and_lead_somewhere(bill):
    refs = [component["bom-ref"] for component in bill["components"]] + [bill["metadata"]["component"]["bom-ref"]]
    assert len(set(refs)) == len(refs)
    assert [each["ref"] for each in bill["dependencies"]] == [refs[-1], *refs[:-1]]
    needed = {ref for each in bill["dependencies"] for ref in each.get("dependsOn", ())}
    assert needed <= set(refs)
    # every package of the lock is there because another one needs it, or rollcall itself
    assert needed == set(refs[:-1])


def test_every_package_of_the_lock_is_in_it_with_every_hash(bill):
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    pins = {normalised(line.split("==")[0].split("[")[0]) for line in lines if "==" in line and line[0].isalnum()}
    assert {component["name"] for component in bill["components"]} == pins
    hashes = [each["content"] for one in bill["components"] for each in one["externalReferences"][0]["hashes"]]
    assert sorted(hashes) == sorted(re.findall(r"sha256:([0-9a-f]{64})", LOCK.read_text(encoding="utf-8")))


def test_what_rollcall_needs_itself_is_what_the_project_says(bill):
    said = {
        normalised(re.split(r"[<>=!~;\[ ]", line)[0])
        for line in importlib.metadata.requires("rollcall") or []
        if "extra ==" not in line
    }
    own = next(each for each in bill["dependencies"] if each["ref"] == bill["metadata"]["component"]["bom-ref"])
    assert {ref.removeprefix("pkg:pypi/").partition("@")[0] for ref in own["dependsOn"]} == said


def test_licences_are_those_that_packages_declare(bill):
    licences = {component["name"]: component.get("licenses") for component in bill["components"]}
    assert licences["duckdb"] is not None
    unknown = [name for name, each in licences.items() if not each]
    assert len(unknown) <= len(licences) // 10, unknown


def test_it_names_no_registry_and_nothing_of_the_machine(bill):
    text = json.dumps(bill)
    assert str(PROJECT) not in text
    assert re.findall(r"https?://[^\"]+", text) == ["http://cyclonedx.org/schema/bom-1.6.schema.json"]


def test_the_same_lock_gives_the_same_bill_and_another_one_another_number(bill, tmp_path):
    assert bill_of_materials() == bill
    other = tmp_path / "requirements.lock"
    other.write_text(LOCK.read_text(encoding="utf-8") + "# another\n", encoding="utf-8")
    assert bill_of_materials(other)["serialNumber"] != bill["serialNumber"]
    assert bill_of_materials(other)["components"] == bill["components"]


def test_a_lock_that_cannot_be_trusted_is_refused(tmp_path):
    with pytest.raises(RollcallError, match="cannot be read"):
        read_lock(tmp_path / "absent.lock")
    (tmp_path / "bare.lock").write_text("agate==1.9.1\n    # via dbt-core\n", encoding="utf-8")
    with pytest.raises(RollcallError, match="agate has no hash"):
        read_lock(tmp_path / "bare.lock")


def test_the_command_writes_it(tmp_path, bill):
    done = CliRunner().invoke(app, ["sbom", "--out", str(tmp_path / "rollcall.cdx.json")])
    assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "rollcall.cdx.json").read_text(encoding="utf-8")) == bill
    assert json.loads(CliRunner().invoke(app, ["sbom"]).stdout) == bill
