"""What columns are called: in exports of known systems, in directories, and in a few languages."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

# Where an organisation is, in names that may also be a room's, an address's or a country's.
PLACES: Final = ("citystate", "cityandstate", "location", "headquarterslocation", "headquarters")

# Names that a column goes by, folded: lower case, letters and digits only, no accents. "any" holds for every entity;
# an entity's own table goes before it.
NAMES: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "any": {
        "organisation_name": (
            "company", "companyname", "associatedcompany", "account", "accountname", "organization", "companyaccount",
            "organizationname", "organisation", "organisationname", "institution", "institutionname", "instnm",
            "school", "schoolname", "college", "employer", "university", "team", "buildingname", "currentcompany",
            "primarycompany", "leadcompany", "businessname", "business", "startup",
            "schname", "customer", "client", "clientname", "customername",
            "firma", "firmenname", "firmenbezeichnung", "unternehmen", "unternehmensname", "arbeitgeber", "schule",
            "hochschule", "empresa", "nombredelaempresa", "nombreempresa", "compania", "razonsocial", "entreprise",
            "societe", "nomdelentreprise", "nomentreprise", "nomdelasociete", "raisonsociale", "etablissement",
            "azienda", "ragionesociale", "bedrijf", "bedrijfsnaam",
        ),
        "website": (
            "website", "websiteurl", "companywebsite", "url", "webaddr", "web", "webaddress", "homepage",
            "companyurl", "websiteaddress", "site", "weburl", "websitelink", "companysite", "clienturl",
            "webseite", "internetseite", "internetadresse", "webadresse", "sitioweb", "paginaweb", "siteweb",
            "siteinternet", "sitoweb",
        ),
        "domain": ("domain", "companydomain", "companydomainname", "emaildomain", "webdomain", "dominio", "domaine"),
        "industry": (
            "industry", "sector", "gicssector", "companyindustry", "industrytype", "branche", "wirtschaftszweig",
            "industria", "secteur", "secteurdactivite", "sectordeactividad", "settore",
        ),
        "sub_industry": ("subindustry", "gicssubindustry", "subsector"),
        "employees": (
            "employees", "numberofemployees", "employeecount", "headcount", "teamsize", "companysize", "noofemployees",
            "numemployees", "staffcount", "companyheadcount", "employeesnumber", "companyemployeecount",
            "mitarbeiter", "mitarbeiterzahl", "mitarbeiteranzahl", "anzahlmitarbeiter", "anzahldermitarbeiter",
            "beschaftigte", "empleados", "numerodeempleados", "nempleados", "plantilla", "effectif", "effectifs",
            "nombredesalaries", "nombredemployes", "salaries", "dipendenti",
        ),
        "annual_revenue": (
            "annualrevenue", "revenue", "companyrevenue", "companyannualrevenue", "umsatz", "jahresumsatz",
            "ingresos", "ingresosanuales", "facturacion", "chiffredaffaires", "ca", "fatturato",
        ),
        "funding_stage": ("latestfunding", "fundingstage", "latestfundingstage", "fundinground", "lastfundingtype"),
        "last_funding_amount": ("latestfundingamount", "lastfundingamount", "lastroundamount"),
        "last_funding_date": ("lastraisedat", "lastfundingdate", "latestfundingdate"),
        "company_linkedin": (
            "companylinkedinurl", "linkedincompanyurl", "linkedincompanypage", "companylinkedin", "linkedincompany",
            "companylinkedinprofile",
        ),
        "known_tools": ("technologies", "techstack", "technologystack", "toolsused", "technologien", "tecnologias"),
        "division": ("division", "classificationname", "class", "classification", "ncaadivision", "athleticdivision"),
        "sanction": ("sanction", "sanctionname", "association", "athleticassociation", "governingbody"),
        "conference": ("conference", "league", "athleticconference", "conferencename"),
        "enrollment": (
            "enrollment", "undergraduates", "totalundergraduates", "totalenrollment", "students", "studentcount",
            "numberofstudents", "enrolment", "studentenrollment", "schuler", "studierende", "alumnos", "eleves",
        ),
        "stadium_name": ("stadium", "stadiumname", "venue", "venuename", "field", "fieldname", "stadion", "estadio"),
        "seating_capacity": ("capacity", "seatingcapacity", "seats", "stadiumcapacity", "sitzplatze", "aforo"),
        "year_built": (
            "yearbuilt", "yearconstructed", "built", "opened", "yearopened", "constructionyear", "baujahr",
            "anodeconstruccion",
        ),
        "row_source_url": ("sourceurl", "sourcelink"),
        "first_name": (
            "firstname", "givenname", "forename", "fname", "first", "contactfirstname", "vorname", "rufname", "imie",
            "primernombre", "nombredepila", "prenom", "voornaam", "prenome",
        ),
        "last_name": (
            "lastname", "surname", "familyname", "lname", "last", "contactlastname", "nachname", "familienname",
            "zuname", "apellido", "apellidos", "primerapellido", "nomdefamille", "cognome", "sobrenome",
            "achternaam", "nazwisko",
        ),
        "full_name": (
            "fullname", "contactname", "personname", "leadname", "contactfullname", "primarycontact",
            "contact", "kontakt", "contacto", "contactperson",
            "ansprechpartner", "ansprechperson", "kontaktperson", "vollstandigername",
            "nombrecompleto", "nombreyapellidos", "personadecontacto", "nomcomplet", "nometprenom", "prenometnom",
            "nomprenom", "prenomnom", "nomecompleto",
        ),
        "job_title": (
            "jobtitle", "position", "currenttitle", "jobposition", "currentposition", "jobrole", "contacttitle",
            "berufsbezeichnung", "stellenbezeichnung", "funktion", "jobtitel", "cargo", "puesto", "puestodetrabajo",
            "poste", "fonction", "intituleduposte", "titreduposte", "qualifica", "functie", "stanowisko",
        ),
        "email": (
            "email", "emailaddress", "workemail", "mail", "businessemail", "companyemail", "primaryemail",
            "contactemail", "corporateemail", "emailwork", "mailadresse", "emailadresse", "epost", "correo",
            "correoelectronico", "direcciondecorreo", "direcciondecorreoelectronico", "emailcorporativo", "courriel",
            "adresseemail", "adressemail", "adresseelectronique", "emailprofessionnel", "mailprofessionnel",
            "indirizzoemail",
        ),
        "email_status": (
            "emailstatus", "emailverification", "emailverificationstatus", "emailvalidation", "emailvalidationstatus",
            "emailverified", "workemailstatus", "emaildeliverability",
        ),
        "phone": (
            "workdirectphone", "phone", "phonenumber", "directphone", "firstphone", "workphone", "telephone",
            "businessphone", "directdial", "officephone", "telephonenumber", "workphonenumber", "contactphone", "tel",
            "telefon", "telefonnummer", "rufnummer", "festnetz", "telefono", "numerodetelefono",
            "numerodetelephone", "telephonefixe", "telefoon", "telefone",
        ),
        "linkedin_url": (
            "personlinkedinurl", "linkedinurl", "linkedin", "linkedinprofile", "linkedinbio", "linkedinprofileurl",
            "personlinkedin", "linkedinprofil", "perfildelinkedin", "contactlinkedinurl",
        ),
        "person_id": (
            "apollocontactid", "contactid", "hubspotcontactid", "leadid", "personid", "prospectid", "memberid",
            "kontaktid", "idcontacto", "idcontact",
        ),
        "opening_posted": ("posted", "postedat", "dateposted", "posteddate", "publishedat"),
        "opening_url": ("link", "joburl", "applyurl", "joblink", "absoluteurl"),
    },
    "organisation": {
        "organisation_name": ("name", "security", "bezeichnung", "nombre", "nom", "nome"),
        "city": ("city", "companycity", "hqcity", "billingcity", "town", "stadt", "ort", "ciudad", "ville", "citta",
                 "plaats", *PLACES),
        "state": ("state", "statecountry", "statecd", "stabbr", "companystate", "stateregion", "clientstate",
                  "billingstate", "billingstateprovince", "stateprovince", "bundesland", "provincia", "hqstate"),
        "country": ("country", "companycountry", "countryregion", "billingcountry", "land", "pais", "pays", "paese",
                    "hqcountry"),
        "funding_stage": ("stage",),
        "address": ("address", "addr", "street", "companyaddress", "streetaddress", "billingstreet", "address1",
                    "addressline1", "strasse", "anschrift", "adresse", "direccion", "rue", "calle", "indirizzo"),
    },
    "contact": {
        "full_name": ("name",),
        "job_title": ("title",),
        "person_city": ("city", "mailingcity", "contactcity", "personcity", "stadt", "ort", "wohnort", "ciudad",
                        "ville", "citta", "plaats", "cidade", "miasto"),
        "person_state": ("state", "stateregion", "mailingstate", "mailingstateprovince", "stateprovince",
                         "contactstate", "bundesland", "provincia"),
        "person_country": ("country", "countryregion", "mailingcountry", "contactcountry", "land", "pais", "pays",
                           "paese"),
        "person_id": ("recordid", "id"),
        "city": ("companycity", "hqcity", "billingcity", "accountcity"),
        "state": ("companystate", "hqstate", "billingstate", "billingstateprovince"),
        "country": ("companycountry", "hqcountry", "billingcountry"),
        "address": ("companyaddress", "companystreet", "billingstreet"),
    },
    "signal": {
        "opening_title": ("title", "jobtitle", "role", "position", "opening"),
        "opening_location": ("location", "place", "office", "joblocation", "city", "locations"),
        "opening_posted": ("date", "createdat", "firstseen"),
        "opening_url": ("url", "sourceurl"),
    },
}  # fmt: skip
ORGANISATION_IDS: Final = (
    "unitid", "apolloaccountid", "associatedcompanyids", "accountid", "companyid", "ncesid", "irn", "buildingirn",
    "organizationid", "organisationid", "schoolid", "firmenid", "idempresa", "identreprise",
)  # fmt: skip
OWN_IDS: Final = (*ORGANISATION_IDS, "recordid", "id", "symbol")

# Words of a name to what they mean, where the whole name is none of the above.
_WORDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("company", "account", "organization", "organisation", "org", "firm", "employer",
                     "institution", "school", "college", "university", "sch", "firma", "firmen", "unternehmen",
                     "unternehmens", "empresa", "compania", "entreprise", "societe", "client", "customer", "azienda",
                     "institute", "corp", "district"), "organisation"),
    **dict.fromkeys(("name", "nombre", "nom", "nome", "naam", "bezeichnung", "nm"), "name"),
    **dict.fromkeys(("first", "given", "vorname", "prenom", "forename", "fname", "pila"), "first"),
    **dict.fromkeys(("last", "family", "surname", "nachname", "familienname", "apellido", "apellidos", "lname"),
                    "last"),
    **dict.fromkeys(("full", "whole", "completo", "complet"), "full"),
    **dict.fromkeys(("contact", "person", "lead", "prospect", "kontakt", "contacto", "persona", "personne", "people"),
                    "person"),
    **dict.fromkeys(("email", "mail", "correo", "courriel", "emailadresse", "epost"), "email"),
    **dict.fromkeys(("phone", "telephone", "tel", "telefon", "telefono", "telefonnummer", "dial", "phonenumber",
                     "rufnummer", "durchwahl"), "phone"),
    **dict.fromkeys(("title", "titel", "position", "role", "job", "cargo", "puesto", "poste", "fonction", "funktion",
                     "designation", "titre", "ttl", "function"), "title"),
    **dict.fromkeys(("city", "town", "stadt", "ort", "ciudad", "ville", "citta", "cidade", "municipality"), "city"),
    **dict.fromkeys(("state", "province", "bundesland", "provincia", "estado"), "state"),
    **dict.fromkeys(("country", "land", "pais", "pays", "nation"), "country"),
    **dict.fromkeys(("address", "addr", "street", "strasse", "adresse", "anschrift", "direccion", "calle", "rue"),
                     "address"),
    **dict.fromkeys(("website", "web", "homepage", "webseite", "site", "url", "webpage", "internet", "sitio"), "web"),
    **dict.fromkeys(("domain", "dominio", "domaine"), "domain"),
    **dict.fromkeys(("industry", "sector", "branche", "secteur", "vertical", "industria"), "industry"),
    **dict.fromkeys(("employees", "employee", "headcount", "mitarbeiter", "mitarbeitende", "empleados", "salaries",
                     "employes", "staff", "fte", "workforce", "effectif"), "employees"),
    **dict.fromkeys(("revenue", "umsatz", "turnover", "facturacion", "ingresos"), "revenue"),
    **dict.fromkeys(("enrollment", "enrolment", "students", "undergraduates", "undergrad", "pupils", "studierende"),
                    "students"),
    **dict.fromkeys(("stadium", "stadion", "estadio", "stade"), "stadium"),
    **dict.fromkeys(("capacity", "seats", "seating", "kapazitat", "aforo"), "capacity"),
    **dict.fromkeys(("conference", "league"), "conference"),
    **dict.fromkeys(("division", "div", "classification"), "division"),
    **dict.fromkeys(("linkedin",), "linkedin"),
    **dict.fromkeys(("profile", "profil", "perfil", "page", "link"), "profile"),
    **dict.fromkeys(("technologies", "technology", "tech", "stack", "tools", "technologien"), "tools"),
    **dict.fromkeys(("built", "constructed", "opened", "baujahr"), "built"),
    **dict.fromkeys(("id", "key", "identifier"), "id"),
    **dict.fromkeys(("number", "no", "num", "count", "total", "anzahl", "zahl", "nombre", "numero", "approx", "est",
                     "estimated", "size", "of", "de", "the", "der", "des", "la", "del", "du", "in", "l", "d", "el",
                     "work", "business", "direct", "office", "primary", "main", "current", "year", "annual", "s",
                     "dienstlich", "geschaftlich", "beruflich", "profesional", "professionnel", "value", "text",
                     "properties", "data", "fields", "attributes", "field", "hq", "headquarters", "your", "their",
                     "my", "our",
                     "au", "travail", "trabajo", "cd", "code", "what", "is", "abbr"), ""),
}  # fmt: skip

# Sets of meanings to the field that they make; the person's side first.
_MADE_OF: Final[tuple[tuple[frozenset[str], str], ...]] = tuple(
    (frozenset(words.split()), field)
    for words, field in (
        ("first name", "first_name"), ("first", "first_name"), ("person first name", "first_name"),
        ("person first", "first_name"), ("last name", "last_name"), ("last", "last_name"),
        ("person last name", "last_name"), ("person last", "last_name"), ("full name", "full_name"),
        ("person name", "full_name"), ("person full name", "full_name"),
        ("email", "email"), ("person email", "email"), ("email address", "email"), ("person email address", "email"),
        ("phone", "phone"), ("person phone", "phone"), ("title", "job_title"), ("person title", "job_title"),
        ("name title", "job_title"),
        ("linkedin", "linkedin_url"), ("linkedin profile", "linkedin_url"), ("linkedin web", "linkedin_url"),
        ("person linkedin", "linkedin_url"), ("person linkedin web", "linkedin_url"),
        ("person linkedin profile", "linkedin_url"), ("linkedin profile web", "linkedin_url"),
        ("organisation linkedin", "company_linkedin"), ("organisation linkedin web", "company_linkedin"),
        ("organisation linkedin profile", "company_linkedin"),
        ("organisation", "organisation_name"), ("person organisation", "organisation_name"),
        ("person organisation name", "organisation_name"), ("organisation name", "organisation_name"),
        ("organisation full name", "organisation_name"),
        ("organisation web", "website"), ("web", "website"), ("web address", "website"),
        ("organisation web address", "website"), ("domain", "domain"), ("organisation domain", "domain"),
        ("web domain", "domain"), ("organisation email domain", "domain"), ("domain name", "domain"),
        ("organisation domain name", "domain"),
        ("industry", "industry"), ("organisation industry", "industry"), ("industry name", "industry"),
        ("employees", "employees"), ("organisation employees", "employees"),
        ("revenue", "annual_revenue"), ("organisation revenue", "annual_revenue"),
        ("students", "enrollment"), ("students organisation", "enrollment"), ("organisation students", "enrollment"),
        ("stadium", "stadium_name"), ("stadium name", "stadium_name"), ("capacity", "seating_capacity"),
        ("stadium capacity", "seating_capacity"), ("stadium built", "year_built"), ("built", "year_built"),
        ("conference", "conference"), ("conference name", "conference"), ("division", "division"),
        ("division name", "division"), ("organisation division", "division"),
        ("tools", "known_tools"), ("organisation tools", "known_tools"),
        ("person city", "person_city"), ("person state", "person_state"), ("person country", "person_country"),
        ("organisation city", "city"),
        ("organisation state", "state"), ("organisation country", "country"), ("organisation address", "address"),
        ("city", "city"), ("state", "state"), ("country", "country"), ("address", "address"),
        ("person id", "person_id"),
    )
)  # fmt: skip


_WITH_STRANGERS: Final = frozenset(
    ("first_name", "last_name", "full_name", "email", "phone", "job_title", "linkedin_url")
)


def plain(name: str) -> str:
    """A name in lower case without accents; 'ß' is 'ss'."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def folded(name: str) -> str:
    """A column's name as letters and digits in lower case; '# Employees' is employees."""
    return re.sub(r"[^a-z0-9]", "", plain(name))


def meanings(name: str, strangers: int = 0) -> frozenset[str] | None:
    """What the words of a name mean together; None where more of them than `strangers` are not known."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    found = set()
    for word in re.findall(r"[a-z]+", re.sub(r"\be[ -]?mails?\b", "email", plain(parted))):
        meaning = _WORDS.get(word, _WORDS.get(word.removesuffix("s"), None))
        if meaning is not None:
            found.add(meaning)
        elif strangers:
            strangers -= 1
        else:
            return None
    return frozenset(found - {""})


def field_of(name: str, entity: str, strangers: int = 0) -> str | None:
    """The field that the words of a name add up to, for an entity ('organisation', 'contact', 'mixed' or 'signal').

    With `strangers` so many words may be unknown ('Attendee First Name'), for fields of a person only.
    """
    found = meanings(name, strangers)
    field = next((field for words, field in _MADE_OF if words == found), None)
    if strangers and field not in _WITH_STRANGERS:
        return None
    if field in ("city", "state", "country") and entity in ("contact", "mixed") and found == frozenset({field}):
        return f"person_{field}"
    return field


def exact(name: str, field: str, entity: str) -> bool:
    """Whether a column's whole name is one that the field goes by. `entity`: 'mixed' goes by the names of 'contact'."""
    own = NAMES.get("contact" if entity == "mixed" else entity, {})
    key = folded(name)
    if key in own.get(field, ()):
        return True
    claimed = any(key in names for other, names in own.items() if other != field)
    return not claimed and key in NAMES["any"].get(field, ())


def known(name: str) -> bool:
    """Whether a column's whole name is one that some field, or an id, goes by."""
    key = folded(name)
    return key in OWN_IDS or any(key in names for table in NAMES.values() for names in table.values())
