using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// System 1: one collateral for another without closing the position, on a real Uniswap v3 pool. Known from elsewhere: what x y = k pays, and the
/// balances before and after.
/// </summary>
internal static class SwapShow
{
    /// <summary>Holds WETH only; <see cref="Stretched"/> holds both and has borrowed nearly all it may.</summary>
    private const int Owner = 0;
    private const int Stretched = 5;

    public static ChainShow Show { get; } = new("1", "Collateral swapping: WETH for WBTC inside the position", PlayAsync);

    private static async IAsyncEnumerable<ShowStep> PlayAsync(
        ShowStage stage, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (weth, wbtc) = (stage.Deployment.Assets[0], stage.Deployment.Assets[1]);
        var pool = await ShowPool.MakeAsync(stage, weth, 10_000, wbtc, 500, cancellationToken);
        await DivergeAsync(stage, cancellationToken);

        var before = await stage.SnapshotAsync(cancellationToken);
        var amount = before.Accounts[Owner].Collateral[0] / 2;
        var order = new SwapOrder(weth.Token, wbtc.Token, ShowPool.Fee, amount, BigInteger.One, before.Block.Timestamp + ShowStage.Hour);
        await SwapAsync(stage, before.Accounts[Owner], order, cancellationToken);
        var after = await stage.SnapshotAsync(cancellationToken);
        yield return Swapped(before, after, pool, amount);

        var greedy = order with { AmountIn = amount / 2, MinOut = pool.Pays(amount) };
        yield return await RefusedAsync(
            stage, Owner, greedy, "He asks for more than the pool can pay, as one does who has set a limit to slippage.", "OutputTooSmall", cancellationToken);

        await stage.SetPricesAsync(1, .97, cancellationToken);
        yield return await RefusedAsync(
            stage, Owner, order with { AmountIn = amount / 2 }, "The oracle says that WBTC is worth 3 % less than the pool asks for it: what comes out is under 99 % of what goes in.", "SwapUnderOracle", cancellationToken);
        await stage.SetPricesAsync(1, 1, cancellationToken);

        var back = (await stage.SnapshotAsync(cancellationToken)).Accounts[Stretched].Collateral[1] / 4;
        yield return await RefusedAsync(
            stage,
            Stretched,
            order with { TokenIn = wbtc.Token, TokenOut = weth.Token, AmountIn = back },
            "Another account owes more than the new borrow factors allow. It may only do what raises its health, and WBTC for WETH does not.",
            "HealthNotImproved",
            cancellationToken);
    }

    /// <summary>WETH is attested as more volatile and WBTC is not; in a day their thresholds have come apart.</summary>
    private static async Task DivergeAsync(ShowStage stage, CancellationToken cancellationToken)
    {
        var weth = stage.Deployment.Assets[0].Token;
        var report = await stage.ReportAsync(asset => asset.Attested.Volatility.ToDouble() * (asset.Token == weth ? 1.5 : 1), cancellationToken);
        await stage.SendAsync(stage.Chain.Accounts[0], stage.Deployment.Addresses.RiskOracle, report, cancellationToken);
        await stage.WaitAsync(24 * ShowStage.Hour, cancellationToken);
        await stage.SetPricesAsync(1, cancellationToken);
    }

    private static Task<TransactionReceipt> SwapAsync(ShowStage stage, AccountSnapshot account, SwapOrder order, CancellationToken cancellationToken) => stage.SendAsync(
        account.Owner, stage.Deployment.Addresses.MarginVault, new MarginVault.SwapCollateralFunction(account.Account, order), cancellationToken);

    private static ShowStep Swapped(ChainSnapshot before, ChainSnapshot after, ShowPool pool, BigInteger amount)
    {
        var (was, now) = (before.Accounts[Owner], after.Accounts[Owner]);
        var (sold, bought) = (was.Collateral[0] - now.Collateral[0], now.Collateral[1] - was.Collateral[1]);
        var expected = pool.Pays(amount);
        var (healthBefore, healthAfter) = (Health(before, Owner), Health(after, Owner));
        return ShowStep.Of(
            $"WETH has become more volatile than WBTC: its threshold is {before.Assets[0].LiquidationThreshold.ToDouble():0.0000}, that of WBTC {before.Assets[1].LiquidationThreshold.ToDouble():0.0000}. "
            + $"The owner has the vault sell {Tokens(sold, before.Assets[0]):0.####} WETH for {Tokens(bought, before.Assets[1]):0.########} WBTC: health {healthBefore:0.0000} -> {healthAfter:0.0000}, the debt stays.",
            new
            {
                amountIn = $"{amount}",
                wethReserve = $"{pool.FirstReserve}",
                wbtcReserve = $"{pool.SecondReserve}",
                feeMillionths = ShowPool.Fee,
                thresholds = before.Assets.Select(asset => asset.LiquidationThreshold.ToDouble()).ToArray(),
                prices = before.Assets.Select(asset => asset.Price.PerToken.ToDouble()).ToArray(),
                debtShares = $"{was.DebtShares}",
            },
            new { sold = $"{sold}", bought = $"{bought}", healthBefore, healthAfter, debtSharesAfter = $"{now.DebtShares}" },
            $"all of the amount, for the {Tokens(expected, before.Assets[1]):0.########} that x y = k pays; health has risen; the shares of debt are the same",
            sold == amount && ShowStep.Near((double)bought, (double)expected, 1e-6) && healthAfter > healthBefore && now.DebtShares == was.DebtShares);
    }

    private static async Task<ShowStep> RefusedAsync(
        ShowStage stage, int account, SwapOrder order, string sentence, string error, CancellationToken cancellationToken)
    {
        var before = await stage.SnapshotAsync(cancellationToken);
        order = order with { Deadline = before.Block.Timestamp + ShowStage.Hour };
        var owner = before.Accounts[account];
        var refusal = await stage.RefusalAsync(
            owner.Owner, stage.Deployment.Addresses.MarginVault, new MarginVault.SwapCollateralFunction(owner.Account, order), cancellationToken);
        var after = await stage.SnapshotAsync(cancellationToken);
        return ShowStep.Of(
            sentence,
            new { account = $"{owner.Account}", amountIn = $"{order.AmountIn}", minOut = $"{order.MinOut}", health = Health(before, account), wbtcPrice = before.Assets[1].Price.PerToken.ToDouble() },
            new { refusal },
            $"everything reverts with {error}, and the account is as it was",
            refusal.StartsWith($"{error}(", StringComparison.Ordinal) && owner.IsSameAs(after.Accounts[account]));
    }

    private static double Health(ChainSnapshot snapshot, int account) => SnapshotValuation.Value(snapshot, snapshot.Accounts[account]).Health!.Value.ToDouble();

    private static double Tokens(BigInteger units, AssetSnapshot asset) => (double)units / Math.Pow(10, asset.Decimals);
}
