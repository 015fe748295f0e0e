"""The terms of regression in plain words."""

from analysis.report.blocks import Blocks, Definition, Note, blocks
from analysis.report.wording import message

__all__ = ["terms"]


def terms() -> Blocks:
    """Definitions for the page's glossary, and what holds for every outcome."""
    return blocks(
        Note(
            "error_method",
            message(
                "The typical error is the root mean squared error: a few customers whose outcome is far off weigh "
                "most. Scales, filled gaps, penalties and the choice of the model come from the customers learnt from "
                "alone. Intervals are bootstrap-t; models are compared on the same drawn customers."
            ),
        ),
        Note(
            "lasso_method",
            message(
                "LASSO and ridge hold effects back to make better forecasts, so their numbers are smaller than plain "
                "effects. Cross-validation offers two penalties: that of least error foretells best; the largest "
                "within one standard error of it lets in far fewer columns that say nothing, at a little more error, "
                "and so says which columns are needed. What the LASSO kept gets no p-value from the customers it was "
                "kept on: how often it is kept in bootstrap samples says how firm it is, and a refit tests it on the "
                "customers held out. Both add effects up; beside a log-linear regression, in which they multiply, a "
                "column can matter to one and not to the other."
            ),
        ),
        Note(
            "limit_cause",
            message(
                "“Goes with” is not “leads to”: what is not in the data may stand behind both. Only a trial in which "
                "chance decides shows whether changing one changes the other."
            ),
            "limit",
        ),
        Definition(
            "standardised_effect",
            "Standardised effect",
            message(
                "The change that goes with one standard deviation more of a column, all other columns alike. It "
                "lets columns in different units be compared."
            ),
        ),
        Definition(
            "rmse",
            "Root mean squared error",
            message(
                "The typical distance between forecast and outcome. Distances are squared before they are "
                "averaged, so large misses count more."
            ),
        ),
        Definition(
            "mae",
            "Mean absolute error",
            message("The average distance between forecast and outcome, large or small alike."),
        ),
        Definition(
            "r_squared",
            "R²",
            message(
                "The share of the squared differences between customers that a forecast removes, compared with "
                "giving everybody the mean. Zero is no better than the mean; below zero is worse."
            ),
        ),
        Definition(
            "loglinear_regression",
            "Log-linear regression",
            message(
                "A model in which effects multiply: a step in a column changes the expected amount by a "
                "percentage, the same for small and large customers. Customers with nothing are part of it."
            ),
        ),
        Definition(
            "lasso",
            "LASSO and ridge",
            message(
                "Regressions that hold effects back by a penalty, to forecast better. The LASSO sets weak effects "
                "to zero; ridge keeps all and shares weight between columns that overlap."
            ),
        ),
        Definition(
            "vif",
            "Variance inflation factor",
            message(
                "How many times larger the squared uncertainty of an effect is because its column overlaps with others."
            ),
        ),
        Definition(
            "cook",
            "Cook’s distance",
            message("How far all fitted values would move if one customer were left out."),
        ),
        Definition(
            "holm",
            "Holm’s correction",
            message(
                "Makes p-values larger when many are looked at together, so that the chance of even one false "
                "finding stays small."
            ),
        ),
    )
