-- The pseudonym of each person: HMAC-SHA-256 of the newest personal identity code, under the key SOSDATA_PSEUDONYM_SALT (A2).
-- Grain: one row for each person with an accepted client record.
-- Left out: everybody, where no key is set. The key is bound to the session before and forgotten after, and is no part of
-- this SQL.
{{ config(pre_hook="{{ sosdata.place_pseudonym_key() }}", post_hook="{{ sosdata.forget_pseudonym_key() }}") }}
select
    person_id,
    {{ sosdata.keyed_hash(
        'personal_identity_code', sosdata.session_secret('inner_pad'), sosdata.session_secret('outer_pad')
    ) }} as person_key
from {{ ref('int_persons') }}
where {{ sosdata.session_secret('inner_pad') }} is not null
