using KeeperOracle.Risk.Factors;

namespace KeeperOracle.Risk.Cascade;

/// <summary>The state of one simulation. The steps are in <see cref="CascadeSimulator"/>.</summary>
internal sealed class CascadeRun
{
    private const double CapExemption = .02;

    private readonly CascadeScenario _scenario;
    private readonly CascadeControls _controls;
    private readonly CascadeMarket _market;
    private readonly CascadeImpact _impact;
    private readonly double[][] _held;
    private readonly double[] _debt;
    private readonly bool[] _liquidated;
    private readonly double[] _logMove;      // of prices since the start, without the impact of forced sales
    private readonly double[] _price;
    private readonly double[] _logThreshold; // ln of LT in force over LT at the start
    private readonly double[] _outstanding;
    private readonly double[] _soldThisStep;
    private readonly double[] _soldAmounts;
    private readonly int[] _pausedUntil;
    private readonly int[] _pauseBudget;
    private readonly List<IReadOnlyList<double>> _prices = [];
    private double _fund;
    private double _repaid;
    private double _soldValue;
    private double _lendersLoss;
    private int _rounds;
    private int _deepest;

    public CascadeRun(CascadeScenario scenario, CascadeControls controls)
    {
        _scenario = scenario;
        _controls = controls;
        _market = scenario.Market;
        _impact = new CascadeImpact(_market);
        var assets = _market.Assets;
        _held = [.. scenario.Accounts.Select(account => account.Amounts.ToArray())];
        _debt = [.. scenario.Accounts.Select(account => account.Debt)];
        _liquidated = new bool[_debt.Length];
        _logMove = new double[assets.Count];
        _price = [.. assets.Select(asset => asset.Price)];
        _logThreshold = new double[assets.Count];
        _outstanding = new double[assets.Count];
        _soldThisStep = new double[assets.Count];
        _soldAmounts = new double[assets.Count];
        _pausedUntil = new int[assets.Count];
        _pauseBudget = [.. assets.Select(_ => controls.Breaker?.BudgetSteps ?? 0)];
        _fund = controls.InsuranceFund;
    }

    public void MoveMarket(int step)
    {
        for (var i = 0; i < _price.Length; i++)
        {
            _logMove[i] += _scenario.LogReturns[step][i];
            _outstanding[i] *= 1 - _market.AbsorbedPerStep;
            _soldThisStep[i] = 0;
        }

        Reprice();
    }

    public void MoveThresholds(int step)
    {
        if (_scenario.ThresholdTargets is not { } targets)
        {
            return;
        }

        for (var i = 0; i < _logThreshold.Length; i++)
        {
            var target = Elementary.Log(targets[step][i] / _market.Assets[i].LiquidationThreshold);
            _logThreshold[i] = _controls.RampPerStep is { } rate
                ? CollateralFactors.Ramp(_logThreshold[i], target, rate, Conventions.SecondsPerDay)
                : target;
        }
    }

    public void Pause(int step)
    {
        for (var i = 0; i < _price.Length; i++)
        {
            if (_controls.Breaker is { } breaker && step >= _pausedUntil[i]
                && _price[i] < (1 - breaker.Divergence) * _market.Assets[i].Price * Elementary.Exp(_logMove[i]))
            {
                var length = Math.Min(breaker.PauseSteps, _pauseBudget[i]);
                _pausedUntil[i] = step + length;
                _pauseBudget[i] -= length;
            }
        }
    }

    public void Liquidate(int step)
    {
        var thresholds = _market.Assets.Select((asset, i) => asset.LiquidationThreshold * Elementary.Exp(_logThreshold[i])).ToArray();
        for (var round = 1; round <= CascadeSimulator.MaxRounds; round++)
        {
            var worstFirst = Enumerable.Range(0, _debt.Length)
                .Where(account => _debt[account] > 0)
                .Select(account => (Account: account, Health: Weighted(account, thresholds) / _debt[account]))
                .Where(candidate => candidate.Health < 1)
                .OrderBy(candidate => candidate.Health)
                .ToList();
            var sold = new double[_price.Length];
            foreach (var (account, health) in worstFirst)
            {
                LiquidateOne(account, health, thresholds, sold, step);
            }

            if (sold.All(value => value == 0))
            {
                break;
            }

            _rounds++;
            _deepest = Math.Max(_deepest, round);
            Reprice();
        }
    }

    public void CloseEmptyAccounts()
    {
        for (var account = 0; account < _debt.Length; account++)
        {
            if (_debt[account] > 0 && _held[account].All(amount => amount == 0))
            {
                var insured = Math.Min(_fund, _debt[account]);
                _fund -= insured;
                _lendersLoss += _debt[account] - insured;
                _debt[account] = 0;
            }
        }
    }

    public void Record() => _prices.Add([.. _price]);

    public CascadeOutcome Outcome()
    {
        var insured = _controls.InsuranceFund - _fund;
        var open = Enumerable.Range(0, _debt.Length).Sum(account => Math.Max(0, _debt[account] - Value(account)));
        return new CascadeOutcome(
            insured + _lendersLoss,
            open,
            insured,
            _lendersLoss,
            _debt.Sum(),
            _repaid,
            _soldValue,
            _soldAmounts,
            [.. Enumerable.Range(0, _price.Length).Select(i => _held.Sum(amounts => amounts[i]))],
            _liquidated.Count(was => was),
            _rounds,
            _deepest,
            _prices);
    }

    private void LiquidateOne(int account, double health, double[] thresholds, double[] sold, int step)
    {
        var values = _price.Select((price, i) => price * _held[account][i]).ToArray();
        var cover = Math.Max(0, (values.Sum() / _debt[account]) - 1);
        var rate = _market.BonusFloor + ((1 - _market.BonusFloor) * Math.Min(1, (1 - health) / _market.FullBonusUnderHealth));
        var bonuses = _market.Assets.Select(asset => Math.Min(asset.Bonus * rate, cover)).ToArray();
        var most = values.Select((value, i) => Most(i, value, bonuses[i], cover, sold[i], step)).ToArray();
        var target = _controls.PartialLiquidation ? _market.TargetHealth : double.PositiveInfinity;
        var (repay, seize) = CascadeLiquidation.Size(_debt[account], values, thresholds, bonuses, most, target, _market.MinimumDebt);
        _debt[account] -= repay;
        _repaid += repay;
        for (var i = 0; i < seize.Length; i++)
        {
            var amount = seize[i] >= values[i] ? _held[account][i] : Math.Min(_held[account][i], seize[i] / _price[i]);
            _held[account][i] -= amount;
            _soldAmounts[i] += amount;
            _soldThisStep[i] += seize[i];
            _outstanding[i] += seize[i];
            _soldValue += seize[i];
            sold[i] += seize[i];
            _liquidated[account] |= seize[i] > 0;
        }
    }

    /// <summary>Value of one collateral that may be seized now: nothing while paused, what the cap leaves, what pays a
    /// liquidator.</summary>
    private double Most(int asset, double value, double bonus, double cover, double sold, int step)
    {
        if (step < _pausedUntil[asset] || value == 0)
        {
            return 0;
        }

        var most = value;
        if (_controls.VolumeCap is { } cap && cover >= _market.Assets[asset].Bonus + CapExemption)
        {
            var quota = cap * _market.Assets[asset].DailyVolume / _market.StepsPerDay;
            most = Math.Min(most, Math.Max(0, quota - _soldThisStep[asset]));
        }

        if (_market.LiquidatorProfit is { } profit)
        {
            // Seized at the round's price, sold behind everything else that the round has sold.
            var room = _impact.Room(asset, _outstanding[asset] - sold, Elementary.Log((1 + bonus) / (1 + profit)));
            most = Math.Min(most, Math.Max(0, room - sold));
        }

        return most;
    }

    private void Reprice()
    {
        var falls = _impact.LogFalls(_outstanding);
        for (var i = 0; i < _price.Length; i++)
        {
            _price[i] = _market.Assets[i].Price * Elementary.Exp(_logMove[i] - falls[i]);
        }
    }

    private double Value(int account)
    {
        var sum = 0.0;
        for (var i = 0; i < _price.Length; i++)
        {
            sum += _price[i] * _held[account][i];
        }

        return sum;
    }

    private double Weighted(int account, double[] thresholds)
    {
        var sum = 0.0;
        for (var i = 0; i < _price.Length; i++)
        {
            sum += _price[i] * _held[account][i] * thresholds[i];
        }

        return sum;
    }
}
