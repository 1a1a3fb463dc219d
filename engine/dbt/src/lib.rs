//! dbt projects: loading, Jinja, the graph of models, and the runner.
