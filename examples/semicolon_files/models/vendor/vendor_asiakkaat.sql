-- Clients, as the file asiakkaat.csv has them, with names that need no quotation marks.
-- Grain: one row for each client.
-- Names (Sukunimi) and notes (Huomautus) are not read.
select
    asiakastunnus,
    "Henkilötunnus" as henkilotunnus,
    kotikunta,
    sukupuoli,
    muokattu,
    "Yksikkö" as yksikko
from
    {{ sosdata.read_semicolon_csv(
        env_var('VENDOR_DIR', 'extract') ~ '/asiakkaat.csv',
        ['Asiakastunnus', 'Henkilötunnus', 'Kotikunta', 'Sukupuoli', 'Muokattu', 'Yksikkö']
    ) }} as asiakkaat
