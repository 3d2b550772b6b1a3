"""Packages, where one command of the package manager will not do."""

from __future__ import annotations

from . import Inline

#: packages: by apt-get, which asks nothing and keeps the configuration that stands
APT = Inline("""
apt-get -q update &&
exec apt-get -q -y -o Dpkg::Options::=--force-confold install --no-install-recommends -- "$@"
""")
