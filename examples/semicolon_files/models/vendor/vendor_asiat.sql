-- Cases, as the file asiat.csv has them, with names that need no quotation marks.
-- Grain: one row for each case.
-- Nothing is left out.
select
    asianumero,
    asiakastunnus,
    "Palvelutehtävä" as palvelutehtava,
    vireilletulo,
    "Päättyminen" as paattyminen,
    "Yksikkö" as yksikko
from
    {{ sosdata.read_semicolon_csv(
        env_var('VENDOR_DIR', 'extract') ~ '/asiat.csv',
        ['Asianumero', 'Asiakastunnus', 'Palvelutehtävä', 'Vireilletulo', 'Päättyminen', 'Yksikkö']
    ) }} as asiat
