namespace KeeperOracle.Risk;

/// <summary>
/// Input that the risk engine refuses, under a stable name that a program may ask for (`TooFewObservations`, `NotFinite`) and a sentence
/// that says which value, why and what to do. Where "no" is an ordinary answer (no volatility has this price), a result says it instead.
/// </summary>
public sealed class RiskInputException(string refusal, string message) : ArgumentException(message)
{
    /// <summary>The name of the refusal, for good: a program may depend on it.</summary>
    public string Refusal { get; } = refusal;
}
