-- Child protection client relationships as the source gives them, every cell as text (C5a).
-- Grain: one row for each source row.
-- Nothing is left out; a column that the source may lack is empty (C7).
{{ sosdata.source_as_text('child_protection_relationships') }}
