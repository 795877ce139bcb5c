using System.Numerics;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Demo;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.EndToEnd.Museum;

/// <summary>A real Uniswap v3 pool of a collateral and the stable token, at the venue that the vault trades with; liquidity over the whole range.</summary>
internal sealed class VenuePool
{
    public const uint Fee = 500;
    private const int LastTick = 887_270;

    private readonly ProtocolWorld _world;
    private readonly DemoAsset _asset;

    private VenuePool(ProtocolWorld world, DemoAsset asset, Address venue) => (_world, _asset, Venue) = (world, asset, venue);

    public Address Venue { get; }

    /// <param name="tokens">whole tokens of the collateral in it</param>
    /// <param name="price">of one, in stable tokens</param>
    public static async Task<VenuePool> OpenAsync(ProtocolWorld world, DemoAsset asset, double tokens, double price)
    {
        var venue = await AskAsync(world, world.Deployment.Addresses.MarginVault, new MarginVault.VenueFunction());
        var factory = await AskAsync(world, venue, new UniswapV3Venue.FactoryFunction());
        var stable = world.Deployment.Stable;
        await OpenPairAsync(world, factory, (asset.Token, asset.Units(tokens)), (stable, new BigInteger(tokens * price * 1e6)));
        return new VenuePool(world, asset, venue);
    }

    /// <summary>A pool of any two tokens with these reserves.</summary>
    public static async Task OpenPairAsync(ProtocolWorld world, Address factory, (Address Token, BigInteger Units) one, (Address Token, BigInteger Units) other)
    {
        var (first, second) = one.Token < other.Token ? (one, other) : (other, one);
        await SendAsync(world, factory, "createPool(address,address,uint24)", writer => Pair(writer, first.Token, second.Token));
        var pool = await AskAsync(world, factory, new PoolOf(first.Token, second.Token));
        var root = Math.Sqrt((double)second.Units / (double)first.Units) * Math.Pow(2, 96);
        await SendAsync(world, pool, "initialize(uint160)", writer => writer.BigUnsigned(new BigInteger(root), 160));
        var minter = await new ListedAsset(world).DeployAsync("LiquidityMinter");
        await SendAsync(world, minter, "addLiquidity(address,address,address,int24,int24,uint128)", writer =>
        {
            writer.Address(pool);
            writer.Address(first.Token);
            writer.Address(second.Token);
            writer.SmallSigned(-LastTick, 24);
            writer.SmallSigned(LastTick, 24);
            writer.BigUnsigned(new BigInteger(Math.Sqrt((double)first.Units) * Math.Sqrt((double)second.Units)), 128);
        });
    }

    /// <summary>Sells collateral at any price, as anybody may.</summary>
    public Task SellAsync(Address trader, BigInteger units) => TradeAsync(trader, _asset.Token, _world.Deployment.Stable, units);

    /// <summary>Sells stable for collateral.</summary>
    public Task BuyAsync(Address trader, BigInteger stable) => TradeAsync(trader, _world.Deployment.Stable, _asset.Token, stable);

    private async Task TradeAsync(Address trader, Address tokenIn, Address tokenOut, BigInteger units)
    {
        await _world.Chain.SendAsync(trader, tokenIn, new MockToken.ApproveFunction(Venue, units), CancellationToken.None);
        await _world.Chain.SendAsync(
            trader, Venue, new UniswapV3Venue.SwapFunction(tokenIn, tokenOut, Fee, units, BigInteger.Zero, trader), CancellationToken.None);
    }

    private static void Pair(AbiWriter writer, Address first, Address second)
    {
        writer.Address(first);
        writer.Address(second);
        writer.SmallUnsigned(Fee, 24);
    }

    private static Task<TransactionReceipt> SendAsync(ProtocolWorld world, Address to, string function, Action<AbiWriter> arguments) =>
        world.Chain.SendAsync(world.Chain.Accounts[0], to, new Call(function, arguments), CancellationToken.None);

    private static async Task<T> AskAsync<T>(ProtocolWorld world, Address to, IContractFunction<T> call) => await world.Chain.Eth.CallAsync(
        call, to, world.Keeper, (await world.Chain.Eth.GetLatestBlockAsync(CancellationToken.None)).Ref.Hash, CancellationToken.None);

    /// <summary>A call of a contract that is not ours.</summary>
    private sealed record Call(string Function, Action<AbiWriter> Arguments) : IContractFunction<Unit>
    {
        public byte[] EncodeCall()
        {
            var writer = new AbiWriter();
            Arguments(writer);
            return writer.ToCall(Selector.Of(Function));
        }

        public Unit DecodeResult(ReadOnlySpan<byte> data) => default;
    }

    private sealed record PoolOf(Address First, Address Second) : IContractFunction<Address>
    {
        public byte[] EncodeCall()
        {
            var writer = new AbiWriter();
            Pair(writer, First, Second);
            return writer.ToCall(Selector.Of("getPool(address,address,uint24)"));
        }

        public Address DecodeResult(ReadOnlySpan<byte> data) => new(data[12..]);
    }
}
