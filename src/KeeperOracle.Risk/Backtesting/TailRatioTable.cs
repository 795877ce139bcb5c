using KeeperOracle.Risk.Models;

namespace KeeperOracle.Risk.Backtesting;

/// <summary>
/// Loss over expected shortfall of a unit law, given an exception, by the rank v in (0, 1) of the loss among those over the quantile,
/// tabulated over ln v and interpolated linearly, so that drawing one costs a logarithm whatever the law. A power tail of index up to .5 is
/// within 4e-4 of its own quantile.
/// </summary>
internal sealed class TailRatioTable
{
    private const int Nodes = 128;
    private const double LowestLog = -14; // one exception in 1.2 million goes beyond; it is extrapolated
    private const double Step = -LowestLog / (Nodes - 1);
    private readonly double[] _ratios = new double[Nodes];

    public TailRatioTable(ResidualLaw law, double level)
    {
        var shortfall = law.ExpectedShortfall(level);
        for (var i = 0; i < Nodes; i++)
        {
            _ratios[i] = law.ExceededLoss(level, Elementary.Exp(LowestLog + (i * Step))) / shortfall;
        }
    }

    public double At(double v)
    {
        var position = (Elementary.Log(v) - LowestLog) / Step;
        var i = Math.Clamp((int)Math.Floor(position), 0, Nodes - 2);
        return _ratios[i] + ((position - i) * (_ratios[i + 1] - _ratios[i]));
    }
}
