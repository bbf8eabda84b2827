from django.db import migrations

# What is the same of all rows that a run stages is told once, instead of a million times, until they are all there: after
# that whoever writes a row says all of it.
BEGIN_AND_FINISH = """
CREATE FUNCTION insights_begin_staged(run_id uuid, scored_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM insights_clear_staged();
    EXECUTE format(
        'ALTER TABLE insights_staged_score ALTER run_id SET DEFAULT %L, ALTER scored_at SET DEFAULT %L', run_id, scored_at
    );
END $$;
CREATE FUNCTION insights_finish_staged() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    ALTER TABLE insights_staged_score ALTER run_id DROP DEFAULT, ALTER scored_at DROP DEFAULT;
    PERFORM insights_index_staged();
END $$;
REVOKE EXECUTE ON FUNCTION insights_begin_staged(uuid, timestamptz), insights_finish_staged() FROM PUBLIC;
"""
REVERSE = "DROP FUNCTION insights_begin_staged(uuid, timestamptz), insights_finish_staged();"


class Migration(migrations.Migration):
    """Let a run tell once by whom and when its scores were made."""

    dependencies = [("insights", "0005_scores_take_turns")]

    operations = [migrations.RunSQL(BEGIN_AND_FINISH, REVERSE)]
