using System.Globalization;
using System.Numerics;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Chain.Signing;
using KeeperOracle.MarginOracle.Snapshots;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Portfolios;
using KeeperOracle.Risk.Snapshots;
using Leaf = KeeperOracle.Chain.Contracts.Leaf;
using RiskLeg = KeeperOracle.Risk.Portfolios.Leg;
using Underlying = KeeperOracle.Risk.Portfolios.Underlying;

namespace KeeperOracle.MarginOracle.Leaves;

/// <summary>What was made of an account: its leaf, and the preimages that a challenge of it needs.</summary>
/// <param name="Legs">packed, in the order of the book</param>
/// <param name="Inputs">of the inputs hashes, in the order of the leaf's underlyings</param>
/// <param name="Portfolio">what the requirement was computed from</param>
public sealed record MadeLeaf(Leaf Leaf, IReadOnlyList<BigInteger> Legs, IReadOnlyList<byte[]> Inputs, Portfolio Portfolio);

/// <summary>Why an account has no leaf.</summary>
public enum LeafRefusal
{
    /// <summary>It holds no option: its requirement is zero, and nothing is to be attested.</summary>
    NoLegs,

    /// <summary>An option of it has expired: it is to be settled, not to be margined.</summary>
    ExpiredLeg,

    /// <summary>What was read does not hash to what the risk oracle says of its inputs: it is a version that we do not know.</summary>
    InputsUnknown,
}

/// <summary>
/// What an honest poster writes of an account at a block (rule 6 of the protocol): its requirement for initial margin, computed here by
/// <see cref="ScaledMargin"/> and not taken from the contract.
/// <code>
/// underlyings  those of its legs, by address
/// spot         the hub's price; volatility: the initial one that is in force, which sets the range
/// options      forward = spot x the attested ratio, implied volatility as attested, time from the block's
/// requirement  the sum, rounded up; no offset between underlyings is claimed
/// </code>
/// A price that the hub does not have is its named error, as of every read.
/// </summary>
public static class LeafMaker
{
    /// <param name="book">the option book</param>
    public static async Task<(MadeLeaf? Made, LeafRefusal? Refusal)> MakeAsync(
        ChainReader reader, ProtocolAddresses addresses, Address book, Hash32 account, BlockRef block, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(addresses);
        var first = reader.At(block.Hash);
        var state = first.Add(book, new OptionBook.LegStateFunction(account));
        var words = first.Add(book, new OptionBook.LegsOfFunction(account));
        var listed = first.Add(book, new OptionBook.UnderlyingsFunction());
        var epoch = first.Add(addresses.RiskOracle, new RiskOracle.EpochFunction());
        var tightenings = first.Add(addresses.RiskOracle, new RiskOracle.TighteningsFunction());
        var bounds = first.Add(addresses.RiskOracle, new RiskOracle.BoundsVersionFunction());
        await first.ExecuteAsync(cancellationToken);
        var underlyings = listed.Value.Select(one => one.Asset).ToList();
        var legs = words.Value.Select(word => LegWord.Read(word, underlyings)).ToList();
        if (legs.Count == 0)
        {
            return (null, LeafRefusal.NoLegs);
        }

        if (legs.Any(leg => leg.Expiry <= block.Timestamp))
        {
            return (null, LeafRefusal.ExpiredLeg);
        }

        var assets = legs.Select(leg => leg.Underlying).Distinct().Order().ToList();
        var parts = await ReadAsync(reader, addresses, assets, block, cancellationToken);
        var inputs = parts.Select(part => part.Preimage(epoch.Value, tightenings.Value)).ToList();
        if (parts.Zip(inputs).Any(pair => Keccak.Hash(pair.Second) != pair.First.InputsHash))
        {
            return (null, LeafRefusal.InputsUnknown);
        }

        var portfolio = new Portfolio(
            [.. parts.Select(part => part.Market(block.Timestamp))],
            [.. legs.Select(ToRisk)],
            []);
        var requirement = ScaledMargin.Assess(portfolio).Underlyings.Sum(one => one.Risk.Requirement);
        var leaf = new Leaf(
            state.Value.Nonce,
            state.Value.LegsHash,
            block.Timestamp,
            legs.Min(leg => leg.Expiry),
            epoch.Value,
            tightenings.Value,
            bounds.Value,
            Wad.FromDoubleUp(requirement).Raw,
            BigInteger.Zero,
            [.. parts.Select(part => new AttestedUnderlying(
                part.Asset,
                part.Spot,
                legs.Where(leg => leg.Underlying == part.Asset).Aggregate(BigInteger.Zero, (sum, leg) => sum + BigInteger.Abs(leg.Amount.Raw)),
                part.Volatility,
                part.InputsHash))]);
        return (new MadeLeaf(leaf, words.Value, inputs, portfolio), null);
    }

    private static async Task<IReadOnlyList<Part>> ReadAsync(
        ChainReader reader, ProtocolAddresses addresses, IReadOnlyList<Address> assets, BlockRef block, CancellationToken cancellationToken)
    {
        var batch = reader.At(block.Hash);
        var reads = assets.Select(asset => (
            Asset: asset,
            Spot: batch.Add(addresses.OracleHub, new OracleHub.PriceFunction(asset)),
            Factors: batch.Add(addresses.RiskOracle, new RiskOracle.FactorsFunction(asset)),
            State: batch.Add(addresses.RiskOracle, new RiskOracle.StateOfFunction(asset)),
            Hash: batch.Add(addresses.RiskOracle, new RiskOracle.InputsHashFunction(asset)),
            Expiries: batch.Add(addresses.RiskOracle, new RiskOracle.ExpiriesOfFunction(asset)))).ToList();
        await batch.ExecuteAsync(cancellationToken);
        var options = reader.At(block.Hash);
        var expiries = reads.Select(read => read.Expiries.Value
            .Select(expiry => options.Add(addresses.RiskOracle, new RiskOracle.OptionInputsFunction(read.Asset, expiry))).ToList()).ToList();
        await options.ExecuteAsync(cancellationToken);
        return [.. reads.Select((read, i) => new Part(
            read.Asset,
            read.Spot.Value,
            (ulong)read.Factors.Value.InitialVolatility,
            read.State.Value,
            read.Hash.Value,
            [.. read.Expiries.Value.Zip(expiries[i], (expiry, inputs) => new ExpiryInputs(expiry, (ulong)inputs.Value.Value0, (ulong)inputs.Value.Value1))]))];
    }

    /// <summary>What the risk oracle attests of one expiry; scaled by 1e18.</summary>
    private sealed record ExpiryInputs(ulong Expiry, ulong ImpliedVolatility, ulong ForwardRatio);

    /// <summary>One underlying at the block.</summary>
    /// <param name="Volatility">the initial one in force</param>
    private sealed record Part(
        Address Asset, BigInteger Spot, ulong Volatility, AssetState State, Hash32 InputsHash, IReadOnlyList<ExpiryInputs> Expiries)
    {
        public Underlying Market(ulong now) => new(
            Asset.ToString(),
            new Wad(Spot).ToDouble(),
            new Wad(Volatility).ToDouble(),
            [.. Expiries.Where(one => one.Expiry > now).Select(one => new ExpiryMarket(
                ExpiryName(one.Expiry),
                one.Expiry - now,
                new Wad(Spot).ToDouble() * new Wad(one.ForwardRatio).ToDouble(),
                new Wad(one.ImpliedVolatility).ToDouble()))]);

        /// <summary>What `RiskOracle.inputsHash` hashes.</summary>
        public byte[] Preimage(ulong epoch, uint tightenings)
        {
            var writer = new AbiWriter();
            writer.Address(Asset);
            writer.BigUnsigned(epoch, 256);
            writer.BigUnsigned(tightenings, 256);
            foreach (var value in (ulong[])[State.Volatility, State.Slippage, State.InitialVolatility, State.InitialSlippage])
            {
                writer.SmallUnsigned(value, 64);
            }

            writer.List([.. Expiries.Select(one => one.Expiry)], (to, value) => to.SmallUnsigned(value, 64));
            writer.List([.. Expiries.Select(one => one.ImpliedVolatility)], (to, value) => to.SmallUnsigned(value, 64));
            writer.List([.. Expiries.Select(one => one.ForwardRatio)], (to, value) => to.SmallUnsigned(value, 64));
            return writer.ToBytes();
        }
    }

    private static RiskLeg ToRisk(LegSnapshot leg) => new(
        leg.IsCall ? LegKind.Call : LegKind.Put, leg.Underlying.ToString(), ExpiryName(leg.Expiry), leg.Strike.ToDouble(), leg.Amount.ToDouble());

    private static string ExpiryName(ulong expiry) => expiry.ToString(CultureInfo.InvariantCulture);
}
