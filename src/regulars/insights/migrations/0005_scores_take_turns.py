import django.db.models.deletion
from django.db import migrations, models

# Two tables take turns: the one that a run fills takes the name of the one that was read, which is emptied and waits for
# the next run. Whatever indexes the one has, the other gets them under the same names, with their statistics.
INDEX_STAGED = """
CREATE FUNCTION insights_index_staged() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET maintenance_work_mem = '512MB' AS $$
DECLARE
    told record;
BEGIN
    FOR told IN
        SELECT class.relname AS name, pg_get_indexdef(class.oid) AS made_by
        FROM pg_index AS index
        JOIN pg_class AS class ON class.oid = index.indexrelid
        WHERE index.indrelid = 'insights_score'::regclass AND NOT index.indisprimary
    LOOP
        EXECUTE replace(
            replace(told.made_by, ' ON public.insights_score ', ' ON public.insights_staged_score '),
            format('INDEX %I ON', told.name), format('INDEX %I ON', told.name || '_next')
        );
    END LOOP;
    ANALYZE insights_staged_score;
END $$;
"""
# These wait for a moment only, since whoever comes later would wait behind them, and who reads all tables, as a backup,
# would wait for them while they wait for it.
CLEAR = """
CREATE OR REPLACE FUNCTION insights_clear_staged() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
    index_name text;
BEGIN
    TRUNCATE insights_staged_score;
    -- Those of a run that did not come to its end.
    FOR index_name IN
        SELECT class.relname
        FROM pg_index AS index
        JOIN pg_class AS class ON class.oid = index.indexrelid
        WHERE index.indrelid = 'insights_staged_score'::regclass AND NOT index.indisprimary
    LOOP
        EXECUTE format('DROP INDEX %I', index_name);
    END LOOP;
END $$;
"""
CLEAR_REVERSE = """
CREATE OR REPLACE FUNCTION insights_clear_staged() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS 'TRUNCATE insights_staged_score';
"""
SWAP = """
CREATE FUNCTION insights_swap_scores() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
    index_name text;
BEGIN
    LOCK TABLE insights_score, insights_staged_score IN ACCESS EXCLUSIVE MODE;
    FOR index_name IN
        SELECT class.relname
        FROM pg_index AS index
        JOIN pg_class AS class ON class.oid = index.indexrelid
        WHERE index.indrelid = 'insights_score'::regclass AND NOT index.indisprimary
    LOOP
        EXECUTE format('DROP INDEX %I', index_name);
        EXECUTE format('ALTER INDEX %I RENAME TO %I', index_name || '_next', index_name);
    END LOOP;
    ALTER TABLE insights_score RENAME TO insights_score_before;
    ALTER TABLE insights_staged_score RENAME TO insights_score;
    ALTER TABLE insights_score_before RENAME TO insights_staged_score;
    ALTER INDEX insights_score_pkey RENAME TO insights_score_before_pkey;
    ALTER INDEX insights_staged_score_pkey RENAME TO insights_score_pkey;
    ALTER INDEX insights_score_before_pkey RENAME TO insights_staged_score_pkey;
    ALTER TABLE insights_score RESET (autovacuum_enabled);
    ALTER TABLE insights_staged_score SET (autovacuum_enabled = false);
    TRUNCATE insights_staged_score;
END $$;
"""
# Rows are written by orders as they come, and all anew each night. Nothing is cleaned up where a run is about to take
# its turn: it would have to wait for that.
STORAGE = """
ALTER TABLE insights_staged_score SET LOGGED;
ALTER TABLE insights_staged_score SET (fillfactor = 90, autovacuum_enabled = false);
ALTER TABLE insights_score SET (fillfactor = 90);
"""
ONLY_THE_APPLICATION = """
REVOKE EXECUTE ON FUNCTION insights_clear_staged(), insights_index_staged(), insights_swap_scores() FROM PUBLIC;
"""
STORAGE_REVERSE = """
ALTER TABLE insights_score SET (fillfactor = 70);
ALTER TABLE insights_staged_score RESET (fillfactor, autovacuum_enabled);
ALTER TABLE insights_staged_score SET UNLOGGED;
"""


class Migration(migrations.Migration):
    """Let the table that a run fills take the place of the scores, and tell when it did."""

    dependencies = [("insights", "0004_kept_reports")]

    operations = [
        migrations.AddField(
            model_name="run",
            name="in_place_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(
            "UPDATE insights_run SET in_place_at = finished_at WHERE state = 'succeeded'", migrations.RunSQL.noop
        ),
        # A key to the customers would have the table that takes its turn lock them.
        migrations.AlterField(
            model_name="score",
            name="customer",
            field=models.OneToOneField(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                primary_key=True,
                related_name="+",
                serialize=False,
                to="customers.customer",
            ),
        ),
        migrations.RunSQL(STORAGE, STORAGE_REVERSE),
        migrations.RunSQL(CLEAR, CLEAR_REVERSE),
        migrations.RunSQL(INDEX_STAGED, "DROP FUNCTION insights_index_staged();"),
        migrations.RunSQL(SWAP, "DROP FUNCTION insights_swap_scores();"),
        migrations.RunSQL(ONLY_THE_APPLICATION, "GRANT EXECUTE ON FUNCTION insights_clear_staged() TO PUBLIC;"),
    ]
