namespace KeeperOracle.Risk.Cascade;

/// <summary>
/// How forced sales move prices:
/// <code>
/// I_i       = Y sigma_i,daily sqrt(U_i/V_i)                        U value sold and not yet absorbed, V daily volume
/// log fall_j = I_j + chi sum over i != j of rho_ij (sigma_j/sigma_i) I_i
/// </code>
/// The law looks at what is outstanding, not at single sales, so that selling in ten parts at once moves the price as one sale does, and
/// selling slowly moves it less.
/// </summary>
internal sealed class CascadeImpact
{
    private readonly CascadeMarket _market;
    private readonly double[] _scale; // Y sigma_daily/sqrt(V): times sqrt(U) it is the own impact

    public CascadeImpact(CascadeMarket market)
    {
        _market = market;
        _scale = [.. market.Assets.Select(asset =>
            market.ImpactCalibration * asset.Volatility / Math.Sqrt(365) / Math.Sqrt(asset.DailyVolume))];
    }

    /// <summary>Fall of the log price of each asset.</summary>
    public double[] LogFalls(IReadOnlyList<double> outstanding)
    {
        var falls = new double[_scale.Length];
        for (var j = 0; j < falls.Length; j++)
        {
            for (var i = 0; i < falls.Length; i++)
            {
                var share = i == j ? 1 : _market.CrossImpact * _market.Correlation[i][j] * Ratio(j, i);
                falls[j] += share * _scale[i] * Math.Sqrt(outstanding[i]);
            }
        }

        return falls;
    }

    /// <summary>Value that may be sold on top of what is outstanding until the own impact has grown by a log fall.</summary>
    public double Room(int asset, double outstanding, double logFall)
    {
        if (_scale[asset] == 0)
        {
            return double.MaxValue;
        }

        var root = Math.Sqrt(outstanding) + (Math.Max(0, logFall) / _scale[asset]);
        return Math.Max(0, (root * root) - outstanding);
    }

    private double Ratio(int of, int over) =>
        _market.Assets[over].Volatility > 0 ? _market.Assets[of].Volatility / _market.Assets[over].Volatility : 0;
}
