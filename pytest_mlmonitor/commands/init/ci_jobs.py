"""The job of a CI system that runs a project: state kept between runs, the report uploaded, JUnit shown."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

CiSystem = Literal["github", "gitlab", "azure"]

FILES: dict[CiSystem, str] = {
    "github": ".github/workflows/mlmonitor.yml",
    "gitlab": ".gitlab-ci.yml",
    "azure": "azure-pipelines.yml",
}
"""Where each system looks for its jobs, below the top of the repository."""

_ASIDE: dict[CiSystem, str] = {
    "github": ".github/workflows/mlmonitor.new.yml",
    "gitlab": "mlmonitor.gitlab-ci.yml",
    "azure": "azure-pipelines-mlmonitor.yml",
}


def repository_of(project: Path) -> Path:
    """Return the top of the repository that a project lies in, the project itself without one."""
    return next((one for one in (project, *project.parents) if (one / ".git").exists()), project)


def job_file(system: CiSystem, repository: Path) -> Path:
    """Return the file of the job: another one where there is one already, so that nothing is overwritten."""
    wanted = repository / FILES[system]
    return repository / _ASIDE[system] if wanted.exists() or wanted.is_symlink() else wanted


def job_text(system: CiSystem, below: str, policy: str) -> str:
    """Return the file of the job.

    Args:
        system: whose.
        below: the directory of the project below the top of the repository; empty where it is the top.
        policy: the name of the policy file.
    """
    text = {"github": _GITHUB, "gitlab": _GITLAB, "azure": _AZURE}[system]
    inside = f"{below}/" if below else ""
    command = f"mlmonitor run -c {policy} --mlmonitor-out build/mlmonitor"
    lines = text.replace("@RUN@", command).replace("@IN@", inside).replace("@DIR@", below or ".").splitlines()
    return "".join(line.replace(_ONLY, "") + "\n" for line in lines if below or _ONLY not in line)


_ONLY = " @ONLY_BELOW@"
"""Ends a line that only a project below the top of its repository needs."""

_GITHUB = """\
# Written by mlmonitor init. It fails where a finding of severity error or higher was made.
name: mlmonitor
on:
  schedule:
    - cron: "17 * * * *"
  workflow_dispatch:
permissions:
  contents: read
concurrency: mlmonitor
jobs:
  mlmonitor:
    runs-on: ubuntu-latest
    defaults: @ONLY_BELOW@
      run: @ONLY_BELOW@
        working-directory: @DIR@ @ONLY_BELOW@
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.11"
      - run: pip install dist/pytest_mlmonitor-*.whl # or from where you keep it
        working-directory: ${{ github.workspace }} @ONLY_BELOW@
      # Bring what is to be judged to where the policy says (artifacts = …), with some earlier versions to compare with:
      # - run: aws s3 sync s3://bucket/lake lake
      - uses: actions/cache@v4
        with:
          path: @IN@.mlmonitor
          key: mlmonitor-${{ github.ref_name }}-${{ github.run_id }}
          restore-keys: mlmonitor-${{ github.ref_name }}-
      - run: @RUN@
      - if: always()
        uses: actions/upload-artifact@v4
        with:
          name: mlmonitor
          path: @IN@build/mlmonitor
"""

_GITLAB = """\
# Written by mlmonitor init. It fails where a finding of severity error or higher was made.
mlmonitor:
  image: python:3.11
  rules:
    - if: $CI_PIPELINE_SOURCE == "schedule"
    - if: $CI_PIPELINE_SOURCE == "web"
  cache:
    key: mlmonitor-$CI_COMMIT_REF_SLUG
    paths:
      - @IN@.mlmonitor
    when: always
  script:
    - pip install dist/pytest_mlmonitor-*.whl # or from where you keep it
    - cd @DIR@ @ONLY_BELOW@
    # Bring what is to be judged to where the policy says (artifacts = …), with some earlier versions to compare with:
    # - aws s3 sync s3://bucket/lake lake
    - @RUN@
  artifacts:
    when: always
    paths:
      - @IN@build/mlmonitor
    reports:
      junit: @IN@build/mlmonitor/junit.xml
      codequality: @IN@build/mlmonitor/code-quality.json
"""

_AZURE = """\
# Written by mlmonitor init. It fails where a finding of severity error or higher was made.
trigger: none
schedules:
  - cron: "17 * * * *"
    displayName: hourly
    branches:
      include:
        - main
    always: true
pool:
  vmImage: ubuntu-latest
steps:
  - task: UsePythonVersion@0
    inputs:
      versionSpec: "3.11"
  - script: pip install dist/pytest_mlmonitor-*.whl # or from where you keep it
    displayName: install
  # Bring what is to be judged to where the policy says (artifacts = …), with some earlier versions to compare with:
  # - script: az storage blob download-batch …
  - task: Cache@2
    inputs:
      key: mlmonitor | "$(Build.SourceBranchName)" | "$(Build.BuildId)"
      restoreKeys: mlmonitor | "$(Build.SourceBranchName)"
      path: @IN@.mlmonitor
  - script: @RUN@
    displayName: mlmonitor
    workingDirectory: @DIR@ @ONLY_BELOW@
  - task: PublishTestResults@2
    condition: always()
    inputs:
      testResultsFiles: @IN@build/mlmonitor/junit.xml
  - publish: @IN@build/mlmonitor
    condition: always()
    artifact: mlmonitor
"""
