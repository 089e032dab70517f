-- Child protection client relationships, as the file lastensuojelu.csv has them, with names that need no quotation marks.
-- Grain: one row for each client relationship.
-- Nothing is left out.
select
    asiakkuusnumero,
    asiakastunnus,
    alkoi,
    "Päättyi" as paattyi
from
    {{ sosdata.read_semicolon_csv(
        env_var('VENDOR_DIR', 'extract') ~ '/lastensuojelu.csv',
        ['Asiakkuusnumero', 'Asiakastunnus', 'Alkoi', 'Päättyi']
    ) }} as lastensuojelu
