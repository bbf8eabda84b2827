"""Hand treated orders to Apache Spark: the same expressions, on another engine."""

from __future__ import annotations

import os
from pathlib import Path

import ibis
from ibis.expr.types import Table

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext as _

ROWS_PER_PARTITION = 200_000
FEWEST_PARTITIONS = 4

QUIET_LOG = """\
rootLogger.level = error
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %p %c{1}: %m%n
"""


class SparkMissing(DomainError):
    """Spark was asked for and is not installed, or has no Java runtime."""

    code = "spark_missing"


def orders_on_spark(orders: Table, folder: Path, *, rows: int) -> Table:
    """Return the orders as a table of a local Spark session, handed over by a Parquet file in `folder`.

    Settings of `spark-defaults.conf` and of `SPARK_*` hold where they speak of a master or of memory; what is set here
    keeps the session quiet, on this machine's loopback, and its partitions in proportion to the `rows`.

    Raises
    ------
    SparkMissing
        PySpark or Java is not there.
    """
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise SparkMissing(_("Spark is not installed: install regulars[spark] and a Java runtime.")) from error
    log = folder / "log4j2.properties"
    log.write_text(QUIET_LOG, encoding="utf-8")
    path = folder / "orders.parquet"
    orders.to_parquet(path)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    settings: dict[str, bool | float | int | str | None] = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={log.as_uri()}",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": str(max(FEWEST_PARTITIONS, rows // ROWS_PER_PARTITION)),
        "spark.sql.warehouse.dir": (folder / "warehouse").as_uri(),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    try:
        session = SparkSession.builder.appName("regulars").config(map=settings).getOrCreate()
    except PySparkException as error:
        raise SparkMissing(_("Spark did not start; it needs a Java runtime (17 or 21) on the PATH.")) from error
    return ibis.pyspark.connect(session).read_parquet(str(path))
