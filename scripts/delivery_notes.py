"""The note that goes with a delivery, in Swedish, Finnish and English (S-NOTE, F7)."""

import re

import duckdb

from layout import SECTIONS

LANGUAGES = ("sv", "fi", "en")
WORDS = {
    "sv": {
        "trial": "PROV: denna leverans är inte avsedd för registret.",
        "title": "Sosdata: leverans för uppföljningsperioden {follow_up_period}, version {version}",
        "about": "Serviceanordnare: {organisers}. Uppgifterna har plockats {extracted_on}."
        " Undertecknat av {signed_by}.",
        "reason": "Korrigering av version {before}: {reason}",
        "sources": "Informationskällor",
        "not described": "(källan har inte beskrivits)",
        "services": "Socialservice i avsnitt IV och V",
        "all services": "All socialservice ingår.",
        "not listed": "(koden finns inte i projektets kodlista)",
        "no services": "Avsnitten IV och V har ingen socialservice.",
        "rows": "Rader",
        "I": "Identifierande uppgifter om klienten och serviceanordnaren",
        "II": "Klientrelationsperioder i serviceuppgiften",
        "III": "Klientrelationsperioder inom barnskyddet",
        "IV": "Gällande servicebeslut eller negativt servicebeslut",
        "V": "Annan information om tillgången till service under uppföljningsperioden",
        "no task": "utan serviceuppgift",
        "limits": "Avgränsningar",
        "no limits": "Leveransen är inte avgränsad.",
        "sections": "Avsnitt {value} ingår.",
        "positive": "Avsnitt IV har endast positiva och delvis positiva beslut.",
        "decided_in_period": "Avsnitt IV har beslut som fattats under uppföljningsperioden.",
        "social_services_included": "Endast socialservice med koderna {value} ingår.",
        "left out": "Det som inte levereras",
        "family law": "Familjerättsliga tjänster levereras inte.",
        "metadata": "Metadata om klienthandlingar i genomförandeskedet, registrets första"
        " källa för avsnitt V, läses inte: koden för skedet är inte känd.",
        "rejected": "Rader som inte levereras eftersom något i dem är fel:",
        "none rejected": "Inga rader har lämnats bort på grund av fel.",
        "explained": "Förklaringar till avvikande tal",
        "figures": "{value} (jämförelsetal {compared_with})",
        "why": "Förklaring:",
        "none": "inga",
    },
    "fi": {
        "trial": "KOKEILU: tätä toimitusta ei ole tarkoitettu rekisteriin.",
        "title": "Sosdata: seurantajakson {follow_up_period} toimitus, versio {version}",
        "about": "Palvelunjärjestäjä: {organisers}. Tiedot on poimittu {extracted_on}."
        " Allekirjoittaja: {signed_by}.",
        "reason": "Korjaa version {before}: {reason}",
        "sources": "Tietolähteet",
        "not described": "(lähdettä ei ole kuvattu)",
        "services": "Sosiaalipalvelut osissa IV ja V",
        "all services": "Mukana ovat kaikki sosiaalipalvelut.",
        "not listed": "(koodi ei ole projektin koodistossa)",
        "no services": "Osissa IV ja V ei ole sosiaalipalveluja.",
        "rows": "Rivit",
        "I": "Asiakkaan ja palvelunjärjestäjän yksilöintitiedot",
        "II": "Asiakkuusjaksot palvelutehtävässä",
        "III": "Lastensuojelun asiakkuusjaksot",
        "IV": "Voimassa olevat palvelupäätökset ja kielteiset palvelupäätökset",
        "V": "Muu tieto palvelujen saamisesta seurantajaksolla",
        "no task": "ilman palvelutehtävää",
        "limits": "Rajaukset",
        "no limits": "Toimitusta ei ole rajattu.",
        "sections": "Mukana ovat osat {value}.",
        "positive": "Osassa IV ovat vain myönteiset ja osittain myönteiset päätökset.",
        "decided_in_period": "Osassa IV ovat seurantajaksolla tehdyt päätökset.",
        "social_services_included": "Mukana ovat vain sosiaalipalvelut koodeilla {value}.",
        "left out": "Mitä ei toimiteta",
        "family law": "Perheoikeudellisia palveluja ei toimiteta.",
        "metadata": "Toteuttamisvaiheen asiakasasiakirjojen metatietoja, rekisterin"
        " ensisijaista lähdettä osaan V, ei lueta: vaiheen koodia ei tunneta.",
        "rejected": "Rivit, joita ei toimiteta niissä olevan virheen vuoksi:",
        "none rejected": "Yhtään riviä ei ole jätetty pois virheen vuoksi.",
        "explained": "Poikkeavien lukujen selitykset",
        "figures": "{value} (vertailuluku {compared_with})",
        "why": "Selitys:",
        "none": "ei ole",
    },
    "en": {
        "trial": "TRIAL: this delivery is not meant for the register.",
        "title": "Sosdata: delivery of the follow-up period {follow_up_period}, version {version}",
        "about": "Organiser: {organisers}. Extract of {extracted_on}. Signed by {signed_by}.",
        "reason": "Corrects version {before}: {reason}",
        "sources": "Information sources",
        "not described": "(the source has not been described)",
        "services": "Social services in sections IV and V",
        "all services": "All social services are included.",
        "not listed": "(the code is not in the project's list)",
        "no services": "Sections IV and V have no social services.",
        "rows": "Rows",
        "I": "Identifying data of the client and the organiser",
        "II": "Client relationship periods in service tasks",
        "III": "Client relationship periods in child protection",
        "IV": "Decisions in force, and negative decisions",
        "V": "Other information on services received during the follow-up period",
        "no task": "without a service task",
        "limits": "Limits",
        "no limits": "The delivery is not limited.",
        "sections": "Sections {value} are included.",
        "positive": "Section IV has positive and partly positive decisions only.",
        "decided_in_period": "Section IV has the decisions made during the follow-up period.",
        "social_services_included": "Only social services with the codes {value} are included.",
        "left out": "What is not delivered",
        "family law": "Family-law services are not delivered.",
        "metadata": "The metadata of client documents of the implementation phase, the"
        " register's first source of section V, are not read: the code of the phase is not known.",
        "rejected": "Rows that are not delivered because something in them is wrong:",
        "none rejected": "No rows were left out because of errors.",
        "explained": "Explanations of unusual figures",
        "figures": "{value} (compared with {compared_with})",
        "why": "Explanation:",
        "none": "none",
    },
}


def note(connection: duckdb.DuckDBPyConnection, manifest: dict, language: str) -> str:
    """The text of a note; `manifest` is that of the folder, without its files."""
    words = WORDS[language]
    period = manifest["follow_up_period"]

    def rows(query: str) -> list[tuple]:
        return connection.execute(query.replace("{period}", period)).fetchall()

    settings = manifest["settings"]
    organisers = rows(
        f"""
        select distinct coalesce(codes.name_{language}, codes.name_fi || ' / ' || codes.name_sv),
            clients.organiser_code
        from sosdata_clients as clients
        left join int_codes as codes
            on codes.classification = 'organiser' and codes.code = clients.organiser_code
        where clients.follow_up_period = '{{period}}' order by 2
        """
    )
    told = ", ".join(f"{name} ({code})" if name else code for name, code in organisers)
    parts = [f"{words['trial']}\n"] if manifest["is_trial"] else []
    parts.append(f"# {words['title'].format(**manifest)}\n")
    parts.append(words["about"].format(**manifest | {"organisers": told or words["none"]}) + "\n")
    if manifest["reason"]:
        before = manifest["version"] - 1
        parts.append(words["reason"].format(before=before, reason=manifest["reason"]) + "\n")

    parts.append(f"## {words['sources']}\n")
    described = {
        system: " ".join((text or "").split())
        for system, text in rows(
            f"select source_system, coalesce(text_{language}, text_fi, text_sv, text_en)"
            " from stg_settings__information_sources"
        )
    }
    for system in manifest["source_systems"]:
        parts.append(f"- {system}: {described.get(system) or words['not described']}")

    parts.append(f"\n## {words['services']}\n")
    services = rows(
        f"""
        select
            delivered.social_service_code,
            max(coalesce(codes.name_{language}, codes.name_fi)),
            string_agg(distinct delivered.section, ', ' order by delivered.section)
        from (
            select 'IV' as section, social_service_code from sosdata_decisions
            where follow_up_period = '{{period}}'
            union all
            select 'V', social_service_code from sosdata_services_received
            where follow_up_period = '{{period}}'
        ) as delivered
        left join int_codes as codes
            on codes.classification = 'social_service'
            and codes.code = delivered.social_service_code
        group by 1 order by 1
        """
    )
    if not services:
        parts.append(words["no services"])
    elif not settings.get("social_services_included"):
        parts.append(f"{words['all services']}\n")
    parts += [f"- {code} {name or words['not listed']}: {place}" for code, name, place in services]

    parts.append(f"\n## {words['rows']}\n")
    included = settings.get("sections", list(SECTIONS))
    for section, relation in SECTIONS.items():
        if section in included:
            parts += _rows_of(rows, section, relation, language)

    parts.append(f"\n## {words['limits']}\n")
    limits = []
    if included != list(SECTIONS):
        limits.append(words["sections"].format(value=", ".join(included)))
    limits += [words[limit] for limit in settings.get("decision_scope", [])]
    if chosen := settings.get("social_services_included"):
        limits.append(words["social_services_included"].format(value=", ".join(chosen)))
    parts += [f"- {limit}" for limit in limits or [words["no limits"]]]

    parts.append(f"\n## {words['left out']}\n")
    parts.append(f"{words['family law']}\n\n{words['metadata']}\n")
    texts = dict(rows(f"select rule_id, text_{language} from quality_catalogue"))
    if manifest["rejected_rows"]:
        parts.append(f"{words['rejected']}\n")
        for rule, count in manifest["rejected_rows"].items():
            parts.append(f"- {rule}: {count}. {first_sentence(texts.get(rule))}".rstrip())
    else:
        parts.append(words["none rejected"])

    if manifest["explained_measures"]:
        parts.append(f"\n## {words['explained']}\n")
        texts = dict(rows(f"select measure_id, text_{language} from quality_measure_rules"))
        for measure in manifest["explained_measures"]:
            place = " ".join(
                str(measure[name])
                for name in ("measure_id", "organiser_code", "service_task_code", "source_system")
                if measure.get(name)
            )
            figures = words["figures"].format(**measure)
            what = first_sentence(texts.get(measure["measure_id"]))
            reason = " ".join((measure.get("reason") or "").split())
            parts.append(f"- {place}: {figures}. {what} {words['why']} {reason}".rstrip())
    return "\n".join(parts) + "\n"


def first_sentence(text: str | None) -> str:
    """What is wrong; the others say what to do, which is no business of the register's."""
    return re.split(r"(?<=[.!?]) ", text or "", maxsplit=1)[0]


def _rows_of(rows, section: str, relation: str, language: str) -> list[str]:  # noqa: ANN001
    """The rows of a section, and of each service task in it."""
    words = WORDS[language]
    [(total,)] = rows(f"select count(*) from {relation} where follow_up_period = '{{period}}'")
    lines = [f"- {section} {words[section]}: {total}"]
    if section in ("II", "IV", "V"):
        tasks = rows(
            f"""
            select delivered.service_task_code, max(codes.name_{language}), count(*)
            from {relation} as delivered
            left join int_codes as codes
                on codes.classification = 'service_task'
                and codes.code = delivered.service_task_code
            where delivered.follow_up_period = '{{period}}'
            group by 1 order by 1 nulls last
            """
        )
        for code, name, count in tasks:
            task = f"{name or ''} ({code})".strip() if code else words["no task"]
            lines.append(f"    - {task}: {count}")
    return lines
