namespace KeeperOracle.Risk.Volatility;

/// <summary>The work arrays of <see cref="Garch11.Fit"/>, grown to the longest series seen. One fit at a time.</summary>
public sealed class GarchWorkspace
{
    private double[] _scaled = [];

    internal GarchOptimiser Best { get; private set; } = new();

    internal GarchOptimiser Candidate { get; private set; } = new();

    internal GarchParameters[] StartPoints { get; } = new GarchParameters[GarchStarts.Maximum];

    internal void SwapBest() => (Best, Candidate) = (Candidate, Best);

    /// <summary>The returns moved and scaled to mean 0 and variance 1, or a refusal.</summary>
    internal GarchSample Standardise(ReadOnlySpan<double> returns)
    {
        if (_scaled.Length < returns.Length)
        {
            _scaled = new double[returns.Length];
        }

        return GarchSample.Standardise(returns, _scaled);
    }
}
