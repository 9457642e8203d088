"""The words of completeness estimates, each defined once: methods, treatments, vintages, reasons of a revision.

dbt's YAML files list the same words; a test holds them together.
"""

from enum import StrEnum

# the register of all birth registers together
ANY = "any"


class Method(StrEnum):
    """Estimators of the number of births."""

    PLAIN_COUNT = "plain_count"
    CHANDRASEKARAN_DEMING = "chandrasekaran_deming"
    CHAPMAN = "chapman"
    LOG_LINEAR = "log_linear"
    LATENT_CLASS = "latent_class"
    CHAO_LOWER_BOUND = "chao_lower_bound"
    SAMPLE_COVERAGE = "sample_coverage"
    MODEL_AVERAGE = "model_average"
    CANVASS = "canvass"
    SHRINKAGE = "shrinkage"
    NONE = "none"


class Treatment(StrEnum):
    """What was done to the counts before estimating."""

    WEIGHTED = "weighted"
    UNWEIGHTED = "unweighted"
    LINKAGE_CORRECTED = "linkage_corrected"


class Vintage(StrEnum):
    """How settled an estimate is, by the time since its cohort year ended."""

    PROVISIONAL = "provisional"
    REVISED = "revised"
    FINAL = "final"


class Reason(StrEnum):
    """Why a published estimate differs from the one before; the first that holds."""

    FIRST_ESTIMATE = "first_estimate"
    VINTAGE = "vintage"
    SUPPRESSION = "suppression"
    MORE_RECORDS = "more_records"
    FEWER_RECORDS = "fewer_records"
    OTHER_EVIDENCE = "other_evidence"


class SetApart(StrEnum):
    """Children who are counted beside a cohort, never in it."""

    NON_RESIDENT = "non_resident"
    BEFORE_THE_ROLL = "before_the_roll"
    BIRTH_MONTH_UNKNOWN = "birth_month_unknown"
