namespace KeeperOracle.Risk.TailRisk;

/// <summary>Whether a model has a VaR and an ES for the data it saw. "No" is an ordinary answer: another model may have one.</summary>
public enum TailStatus
{
    Answered,

    /// <summary>Cornish-Fisher: skew and kurtosis for which the expansion is not a quantile function.</summary>
    NotMonotone,

    /// <summary>Peaks over threshold: fewer losses over the threshold than the fit needs.</summary>
    TooFewExceedances,

    /// <summary>Peaks over threshold: the level asks for a loss under the threshold, where the tail model says nothing.</summary>
    LevelBelowThreshold,

    /// <summary>
    /// The fitted tail is so heavy (GPD shape at least 1, Student-t with at most 1 degree of freedom) that its mean, and so ES, is
    /// infinite.
    /// </summary>
    InfiniteMean,

    /// <summary>The likelihood has no maximum inside its domain (tied or short-tailed data).</summary>
    NoMaximum,
}

/// <summary>A forecast, or the reason why there is none.</summary>
/// <param name="Forecast">zero unless answered</param>
public readonly record struct TailAnswer(TailStatus Status, TailForecast Forecast)
{
    public bool IsAnswered => Status == TailStatus.Answered;

    public static TailAnswer Of(TailForecast forecast) => new(TailStatus.Answered, forecast);

    public static TailAnswer Refused(TailStatus status) => new(status, default);
}
