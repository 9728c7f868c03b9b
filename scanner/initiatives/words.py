"""The words of official lists in English, German and French, as `plain` writes them."""

from __future__ import annotations

import unicodedata


def plain(text: str) -> str:
    """Words to compare by: lower case, no accents, no punctuation, single blanks (`Geschäfts-Bereich` is
    `geschafts bereich`)."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    kept = (
        char if char.isalnum() or unicodedata.category(char) == "So" else "" if unicodedata.combining(char) else " "
        for char in letters
    )
    return " ".join("".join(kept).split())


def _plain(*texts: str) -> tuple[str, ...]:
    return tuple(plain(word) for text in texts for word in text.split(","))


EMPTY = frozenset(
    _plain(
        "-,n/a,na,tbd,tba,tbc,unknown,not known,to be defined",
        "k.A.,keine Angabe,offen,unbekannt,noch offen,inconnu,à définir,nc,non communiqué",
    )
)
"""What people write into a cell that has no value yet."""
YES = frozenset(_plain("yes,y,true,1,x,✓,✔,☑,ja,j,wahr,oui,vrai"))
NO = frozenset(_plain("no,n,false,0,none,✗,✘,☒,nein,falsch,keine,keiner,non,faux,aucun,aucune"))

FACTORS = {
    **dict.fromkeys(("k", "t", "tsd", "thousand", "tausend", "mille"), 1_000),
    **dict.fromkeys(("m", "mn", "mio", "million", "millions", "millionen"), 1_000_000),
}
CURRENCIES = {
    **dict.fromkeys(("euros", "euro", "eur", "€"), "EUR"),
    **dict.fromkeys(("us$", "usd", "dollars", "dollar", "$"), "USD"),
    **dict.fromkeys(("chf", "sfr", "franken", "fr"), "CHF"),
    **dict.fromkeys(("gbp", "£"), "GBP"),
    **{
        code.lower(): code
        for code in (
            *("AED", "AUD", "BGN", "BRL", "CAD", "CNY", "CZK", "DKK", "HKD", "HUF", "ILS", "INR", "JPY", "KRW"),
            *("MXN", "NOK", "NZD", "PLN", "RON", "SAR", "SEK", "SGD", "TRY", "ZAR"),
        )
    },
}
"""ISO 4217 codes by the words and signs that lists use. `$` alone is taken for the US dollar."""

MONTHS = {
    word: number
    for number, words in enumerate(
        (
            _plain("jan,january,januar,jänner,janvier,janv"),
            _plain("feb,february,februar,feber,février,févr,fév"),
            _plain("mar,march,märz,mär,mrz,mars"),
            _plain("apr,april,avril,avr"),
            _plain("may,mai"),
            _plain("jun,june,juni,juin"),
            _plain("jul,july,juli,juillet,juil"),
            _plain("aug,august,août"),
            _plain("sep,sept,september,septembre"),
            _plain("oct,okt,october,oktober,octobre"),
            _plain("nov,november,novembre"),
            _plain("dec,dez,december,dezember,décembre,déc"),
        ),
        1,
    )
    for word in words
}

STATUS_WORDS = {
    word: status
    for status, words in {
        "idea": _plain(
            "idea,ideation,proposal,proposed,concept,backlog,planned,submitted",
            "Idee,Ideenphase,Vorschlag,Konzept,Konzeptphase,geplant,in Planung,beantragt",
            "idée,idéation,proposition,proposé,planifié",
        ),
        "poc": _plain(
            "poc,proof of concept,prototype,experiment,feasibility study",
            "Prototyp,Machbarkeitsstudie,Machbarkeitsnachweis,Experiment,in Erprobung",
            "preuve de concept,prototype,expérimentation,étude de faisabilité",
        ),
        "pilot": _plain(
            "pilot,pilot phase,piloting,in pilot,beta,trial",
            "Pilotphase,Pilotbetrieb,Pilotprojekt,Pilotierung,im Pilot,in Pilotierung",
            "pilote,phase pilote,projet pilote,en pilote",
        ),
        "production": _plain(
            "production,productive,in production,prod,live,go live,operational,in operation,in use,deployed",
            "Produktion,produktiv,in Produktion,Produktivbetrieb,Betrieb,in Betrieb,im Betrieb,im Einsatz,Regelbetrieb",
            "en production,productif,en service,en exploitation,opérationnel,déployé",
        ),
        "stopped": _plain(
            "stopped,cancelled,canceled,discontinued,retired,decommissioned,terminated,abandoned,rejected",
            "gestoppt,eingestellt,abgebrochen,beendet,abgeschaltet,stillgelegt,abgelehnt,verworfen",
            "arrêté,abandonné,annulé,rejeté,supprimé",
        ),
    }.items()
    for word in words
}

HEADER_WORDS = {
    word: column
    for column, words in {
        "id": _plain("identifier,no,nr,number,ref,reference,key,Nummer,lfd. Nr.,Kennung,Kürzel,numéro,n°,référence"),
        "name": _plain(
            "initiative,initiative name,AI initiative,title,project,project name,use case,AI use case,AI system,system",
            "Titel,Bezeichnung,Projekt,Projektname,Vorhaben,Anwendungsfall,KI-Initiative,KI-Vorhaben,KI-Anwendung",
            "KI-System,Name der Initiative,Initiativenname,Benennung",
            "nom,intitulé,titre,projet,nom du projet,cas d'usage,initiative IA,nom de l'initiative,désignation",
        ),
        "purpose": _plain(
            "description,goal,objective,summary,business purpose",
            "Zweck,Beschreibung,Ziel,Kurzbeschreibung,Einsatzzweck,but,objectif,finalité,résumé",
        ),
        "owner": _plain(
            "responsible,accountable,contact,lead,business owner,product owner,initiative owner,project lead",
            "Verantwortlich,Verantwortlicher,Verantwortliche,Eigentümer,Ansprechpartner,Ansprechpartnerin,Projektleiter",
            "Projektleitung,responsable,propriétaire,porteur,chef de projet,pilote du projet",
        ),
        "business_units": _plain(
            "business unit,unit,units,department,departments,division,team,area",
            "Bereich,Bereiche,Geschäftsbereich,Geschäftsbereiche,Abteilung,Abteilungen,Fachbereich,Einheit",
            "direction,département,entité,métier,unité",
        ),
        "status": _plain(
            "phase,stage,state,maturity,lifecycle,status of initiative,Projektstatus,Projektphase,Reifegrad",
            "statut,état,étape,avancement",
        ),
        "products": _plain(
            "product,vendor,vendors,supplier,tool,tools,technology,AI tool,vendor and product,model,models",
            "Produkt,Produkte,Anbieter,Hersteller,Lieferant,Werkzeug,Technologie,eingesetzte Software,KI-Tool,Modell",
            "produit,produits,fournisseur,éditeur,outil,outils,technologie,modèle",
        ),
        "hosts": _plain(
            "host,domain,domains,url,urls,endpoint,endpoints,hostname,hostnames,Domäne,Domänen,domaine,domaines"
        ),
        "processes": _plain("process,process name,executable,program,Prozess,Prozesse,Programm,processus,exécutable"),
        "on_platform": _plain(
            "platform,shared platform,on the shared platform,auf der Plattform,Plattform,gemeinsame Plattform",
            "plateforme,sur la plateforme,plateforme commune",
        ),
        "approved_until": _plain(
            "approval until,approved till,approval expires,valid until,expiry,genehmigt bis,freigegeben bis,gültig bis",
            "Freigabe bis,approuvé jusqu'au,validé jusqu'au,valable jusqu'au,autorisé jusqu'au",
        ),
        "idea_on": _plain("idea date,date of idea,submitted on,Datum Idee,Idee am,date de l'idée,date idée"),
        "poc_on": _plain("poc date,date of poc,poc start,PoC am,Datum PoC,PoC-Start,date du poc,date poc"),
        "production_on": _plain(
            "production date,date of production,go-live date,go live,live since,in production since,production start",
            "Datum Produktion,Produktion am,produktiv seit,Produktivsetzung,Inbetriebnahme",
            "date de production,date production,mise en production,en production depuis",
        ),
        "expected_users": _plain(
            "users,number of users,user count,expected number of users,target users",
            "Nutzer,Anzahl Nutzer,erwartete Nutzer,geplante Nutzer,Nutzerzahl,Anwender,Anzahl Anwender",
            "utilisateurs,nombre d'utilisateurs,utilisateurs attendus,utilisateurs prévus",
        ),
        "licences": _plain("licenses,number of licences,number of licenses,seats,Lizenzen,Anzahl Lizenzen"),
        "cost_poc": _plain("poc cost,poc costs,cost of poc,PoC-Kosten,Kosten PoC,coût poc,coût du poc"),
        "cost_build": _plain(
            "build cost,build costs,cost of build,implementation cost,project cost,development cost,investment",
            "Kosten Umsetzung,Umsetzungskosten,Entwicklungskosten,Projektkosten,Kosten Entwicklung,Investition",
            "coût de réalisation,coût de développement,coût du projet,investissement",
        ),
        "cost_run_per_year": _plain(
            "run cost,run costs,cost of run,cost run,running cost,running costs,annual cost,operating cost",
            "Betriebskosten,laufende Kosten,Kosten Betrieb,Kosten pro Jahr,jährliche Kosten,Betriebskosten pro Jahr",
            "cost per year,coût d'exploitation,coût annuel,coûts récurrents,coût par an",
        ),
        "value_per_year": _plain(
            "value,business value,annual value,benefit,benefits,expected value,savings,annual savings",
            "Nutzen,Nutzen pro Jahr,Mehrwert,Wertbeitrag,Einsparung,Einsparungen,Einsparung pro Jahr",
            "valeur,valeur annuelle,bénéfice,gain,gain annuel,économies",
        ),
        "kpi": _plain(
            "kpis,metric,measure,success metric,value kpi,kpi with baseline,Kennzahl,Kennzahlen,Messgröße",
            "Erfolgskriterium,indicateur,indicateurs,indicateur de performance",
        ),
        "data_readiness": _plain(
            "data quality,data maturity,Datenreife,Datenqualität,Datenverfügbarkeit,maturité des données",
            "qualité des données",
        ),
        "monitored": _plain("monitoring,is monitored,Überwachung,überwacht,Monitoring,surveillance,surveillé,suivi"),
        "fallback": _plain(
            "fallback plan,fall back,contingency,Rückfallplan,Rückfallebene,Notfallplan,plan de secours"
        ),
        "users_in_design": _plain(
            "users involved in design,users involved,user involvement,co-design,Nutzer einbezogen",
            "Anwender einbezogen,Nutzerbeteiligung,Nutzer in Gestaltung einbezogen",
            "utilisateurs impliqués,utilisateurs associés à la conception",
        ),
    }.items()
    for word in words
}
