-- Decisions, as the file paatokset.csv has them, with names that need no quotation marks.
-- Grain: one row for each decision.
-- Grounds (Perustelu) are not read.
select
    "Päätösnumero" as paatosnumero,
    asiakastunnus,
    palvelu,
    "Palvelutehtävä" as palvelutehtava,
    "Päätöspäivä" as paatospaiva,
    "Voimassa alkaen" as voimassa_alkaen,
    "Voimassa asti" as voimassa_asti,
    ratkaisu
from
    {{ sosdata.read_semicolon_csv(
        env_var('VENDOR_DIR', 'extract') ~ '/paatokset.csv',
        ['Päätösnumero', 'Asiakastunnus', 'Palvelu', 'Palvelutehtävä', 'Päätöspäivä',
         'Voimassa alkaen', 'Voimassa asti', 'Ratkaisu']
    ) }} as paatokset
