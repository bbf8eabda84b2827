from django.db import migrations

# What is the same of all rows that a run stages is told once instead of a million times.
CLEAR = """
DROP FUNCTION insights_clear_staged();
CREATE FUNCTION insights_clear_staged(run_id uuid, scored_at timestamptz) RETURNS void
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
    EXECUTE format(
        'ALTER TABLE insights_staged_score ALTER run_id SET DEFAULT %L, ALTER scored_at SET DEFAULT %L', run_id, scored_at
    );
END $$;
REVOKE EXECUTE ON FUNCTION insights_clear_staged(uuid, timestamptz) FROM PUBLIC;
"""
CLEAR_REVERSE = """
DROP FUNCTION insights_clear_staged(uuid, timestamptz);
CREATE FUNCTION insights_clear_staged() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS 'TRUNCATE insights_staged_score';
REVOKE EXECUTE ON FUNCTION insights_clear_staged() FROM PUBLIC;
"""
# Indexed, nothing is the same of what is staged from then on: whoever writes a row says all of it.
INDEX = """
ALTER FUNCTION insights_index_staged() RENAME TO insights_index_staged_rows;
CREATE FUNCTION insights_index_staged() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    ALTER TABLE insights_staged_score ALTER run_id DROP DEFAULT, ALTER scored_at DROP DEFAULT;
    PERFORM insights_index_staged_rows();
END $$;
REVOKE EXECUTE ON FUNCTION insights_index_staged(), insights_index_staged_rows() FROM PUBLIC;
"""
INDEX_REVERSE = """
DROP FUNCTION insights_index_staged();
ALTER FUNCTION insights_index_staged_rows() RENAME TO insights_index_staged;
"""


class Migration(migrations.Migration):
    """Let a run tell once by whom and when its scores were made."""

    dependencies = [("insights", "0005_scores_take_turns")]

    operations = [
        migrations.RunSQL(CLEAR, CLEAR_REVERSE),
        migrations.RunSQL(INDEX, INDEX_REVERSE),
    ]
