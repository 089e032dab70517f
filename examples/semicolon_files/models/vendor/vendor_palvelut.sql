-- Services received, as the file palvelut.csv has them, with names that need no quotation marks.
-- Grain: one row for each service that a client received.
-- Nothing is left out.
select
    tapahtumanumero,
    asiakastunnus,
    palvelu,
    "Palvelutehtävä" as palvelutehtava,
    "Alkupäivä" as alkupaiva,
    "Loppupäivä" as loppupaiva
from
    {{ sosdata.read_semicolon_csv(
        env_var('VENDOR_DIR', 'extract') ~ '/palvelut.csv',
        ['Tapahtumanumero', 'Asiakastunnus', 'Palvelu', 'Palvelutehtävä', 'Alkupäivä', 'Loppupäivä']
    ) }} as palvelut
