-- Changes of personal identity codes, as the file hetumuutokset.csv has them, with names that need no quotation marks.
-- Grain: one row for each change.
-- Nothing is left out.
select
    muutosnumero,
    "Vanha henkilötunnus" as vanha_henkilotunnus,
    "Uusi henkilötunnus" as uusi_henkilotunnus,
    "Muutospäivä" as muutospaiva
from
    {{ sosdata.read_semicolon_csv(
        env_var('VENDOR_DIR', 'extract') ~ '/hetumuutokset.csv',
        ['Muutosnumero', 'Vanha henkilötunnus', 'Uusi henkilötunnus', 'Muutospäivä']
    ) }} as hetumuutokset
