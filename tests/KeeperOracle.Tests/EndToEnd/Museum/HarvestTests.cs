using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Transactions;
using Xunit.Abstractions;

namespace KeeperOracle.Tests.EndToEnd.Museum;

/// <summary>
/// bZx, 15 and 18 February 2020: a pool was moved and the moved price was lent against, all in one transaction; the second time sUSD counted 2.5 times its
/// price (PeckShield, "bZx Hack II Full Disclosure"). Harvest, 26 October 2020: USD 24m in 32 transactions within seven minutes, each moving a Curve pool by
/// about 1 %, under a check that allowed 3 % a time, between entering and leaving the vault (Harvest's post-mortem of that day).
/// The venue is one of our three sources.
/// </summary>
[Collection(EndToEndCollections.World)]
public sealed class HarvestTests(ProtocolWorld world, ITestOutputHelper output) : IncidentReplay(world, output)
{
    private const double BzxFactor = 2.5;
    private const int HarvestRounds = 32;
    private const ulong HarvestSeconds = 420;
    private const double HarvestSwing = 0.01;

    [Fact]
    public async Task Bzx_PoolMovedAndLentAgainstInOneBlock_TheLoanIsRefused()
    {
        await PrepareAsync();
        var (loan, _) = await AttackAsync(0);
        Assert.Equal(BigInteger.Zero, loan);
        var judged = await JudgeAsync();
        judged.AssertHolds();
        Assert.Equal(0, judged.Liquidations);
    }

    [Fact]
    public async Task Bzx_AllSourcesReadThatPool_ControlLosesWhatWasLent()
    {
        await PrepareAsync();
        var (loan, right) = await AttackAsync(0, 1, 2);
        Assert.True(loan > right, $"{loan} was lent of {right}");
        var judged = await JudgeAsync();
        Assert.True(judged.BadShare > 0.01, judged.ToString());
    }

    [Fact]
    public async Task Harvest_EnteringAndLeavingRoundAMovedPool32Times_GainsNothing()
    {
        await PrepareAsync();
        var stable = World.Deployment.Stable;
        var stake = Stable(1_000_000);
        await SendAsync(Admin, stable, new MockToken.MintFunction(Attacker, stake));
        await SendAsync(Attacker, stable, new MockToken.ApproveFunction(Vault, stake * (HarvestRounds + 1)));
        var share = await AskAsync(Vault, new MarginVault.ConvertToAssetsFunction(BigInteger.Pow(10, 12)));
        var prices = new HashSet<BigInteger>();
        for (var round = 0; round < HarvestRounds; round++)
        {
            await World.PushFeedAsync(Weth.Feeds[0], Weth.Answer(3000 * (1 - HarvestSwing)));
            await SendAsync(Attacker, Vault, new MarginVault.DepositFunction(await BalanceAsync(), Attacker));
            await World.PushFeedAsync(Weth.Feeds[0], Weth.Answer(3000 * (1 + HarvestSwing)));
            await SendAsync(Attacker, Vault, new MarginVault.RedeemFunction(await AskAsync(Vault, new MarginVault.BalanceOfFunction(Attacker)), Attacker, Attacker));
            prices.Add(await AskAsync(World.Deployment.Addresses.OracleHub, new OracleHub.PriceFunction(Weth.Token)));
            await World.MineAtAsync(await World.NowAsync() + (HarvestSeconds / HarvestRounds));
        }

        Assert.Equal(3000 * BigInteger.Pow(10, 18), Assert.Single(prices));
        var gain = await BalanceAsync() - stake;
        // It has lent for seven minutes, and gets the interest that borrowers paid for them.
        Say($"gain {gain} of {stake}");
        Assert.True(gain <= stake / 1_000_000, $"{gain} of {stake}");
        Assert.True(await AskAsync(Vault, new MarginVault.ConvertToAssetsFunction(BigInteger.Pow(10, 12))) >= share, "the other lenders have paid for it");
        (await JudgeAsync()).AssertHolds();
    }

    /// <summary>
    /// The same against what anybody may trade for another: each of 32 swaps is inside its own limit of 1 %, and the loss of all is inside that of the window.
    /// The control is the widest window there may be.
    /// </summary>
    [Theory]
    [InlineData(0.005, true)]
    [InlineData(0.02, false)]
    public async Task Harvest_ThirtyTwoSwapsEachInsideItsLimit_TheWindowAndNotTheCallBoundsTheLoss(double budget, bool bounds)
    {
        const double price = 2850;
        await PrepareAsync();
        var (owner, account) = (World.Owner(0), Id(World.Owner(0), 5));
        await OpenAsync(owner, 5, Weth, 20, appetite: 0.99);
        await World.SetPricesOfFeedsAsync(price, 60_000, await World.NowAsync() + 12);
        await TrueFromNowAsync(Weth, price);
        await SendAsync(owner, Vault, new MarginVault.SetSwapMandateFunction(account, Mandate(budget, await World.NowAsync())));
        var pool = await VenuePool.OpenAsync(World, Weth, tokens: 2000, price);
        await SendAsync(Admin, Weth.Token, new MockToken.MintFunction(Attacker, Weth.Units(100)));
        await SendAsync(Admin, World.Deployment.Stable, new MockToken.MintFunction(Attacker, Stable(20_000)));
        var before = (await AskAsync(Vault, new MarginVault.StandingFunction(account))).Value1;
        var swap = new MarginVault.SwapCollateralFunction(
            account, new SwapOrder(Weth.Token, World.Deployment.Stable, VenuePool.Fee, Weth.Units(0.1), BigInteger.Zero, ulong.MaxValue >> 1));
        var refused = 0;
        for (var round = 0; round < HarvestRounds; round++)
        {
            // Down by .85 %, the victim's sale at that price, and back.
            var purse = await BalanceAsync();
            await pool.SellAsync(Attacker, Weth.Units(8.5));
            var back = await BalanceAsync() - purse;
            try
            {
                await Chain.Eth.CallAsync(Attacker, Vault, swap.EncodeCall(), null, CancellationToken.None);
                await SendAsync(Attacker, Vault, swap);
                back += Stable(0.1 * price);
            }
            catch (ContractRevertException exhausted)
            {
                Assert.StartsWith("SwapLossBudgetExhausted(", exhausted.Message, StringComparison.Ordinal);
                refused++;
            }

            await pool.BuyAsync(Attacker, back);
            await World.MineAtAsync(await World.NowAsync() + (HarvestSeconds / HarvestRounds));
        }

        var lost = (double)(before - (await AskAsync(Vault, new MarginVault.StandingFunction(account))).Value1) / (double)before;
        Say($"lost {lost:0.0000%}, {refused} refused");
        Assert.True(lost > 0, "nothing was lost: the replay shows nothing");
        Assert.Equal(bounds, refused > 0);
        Assert.Equal(bounds, lost < 0.005);
        (await JudgeAsync()).AssertHolds();
    }

    private Task<BigInteger> BalanceAsync() => AskAsync(World.Deployment.Stable, new MockToken.BalanceOfFunction(Attacker));

    private static SwapMandate Mandate(double budget, ulong now) => new(
        TriggerHealth: 1_150_000_000_000_000_000,
        TargetHealth: 1_200_000_000_000_000_000,
        MaxSlippage: 10_000_000_000_000_000,
        LossBudget: (ulong)(budget * 1e18),
        Window: 3600,
        Expiry: now + 86_400,
        AllowedIn: 1,
        AllowedOut: 0x8000,
        Tip: BigInteger.Zero);

    private async Task PrepareAsync()
    {
        await World.ResetAsync();
        await BeginAsync();
        await TrueFromNowAsync(Weth, 3000);
    }

    /// <summary>In one block: the sources that read the pool say 2.5 times the price, all that this gives is borrowed, and they say the price again.</summary>
    private async Task<(BigInteger Loan, BigInteger Right)> AttackAsync(params int[] sources)
    {
        var account = Id(Attacker, 0);
        await AddAsync(Attacker, account, Weth, 20);
        var right = await RoomAsync(account);
        await World.SendAsync("evm_setAutomine", false);
        await PoolAnswersAsync(Weth, 3000 * BzxFactor, AnyGwei, sources);
        await World.PoolAsync(Attacker, Vault, Borrow(account, Attacker, right * 24 / 10));
        await PoolAnswersAsync(Weth, 3000, gwei: 1, sources); // pays least, so it comes last
        await MineAsync(seconds: 12, gwei: 1);
        await World.SendAsync("evm_setAutomine", true);
        return ((await AskAsync(Vault, new MarginVault.PositionFunction(account))).Debt, right);
    }
}
