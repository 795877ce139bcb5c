using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Chains;
using KeeperOracle.Host.Configuration;
using KeeperOracle.MarginOracle;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Signer;

/// <summary>What is not known from a deployment.</summary>
/// <param name="ClockSkewSeconds">null leaves the rule out</param>
internal sealed record PolicyWishes(string Listen, ulong MaxGasLimit, int TransactionsPerHour, int? ClockSkewSeconds);

/// <summary>
/// The least policy under which the keeper and the oracle node of a configuration can do their work: the calls of <see cref="Keeping.ActionEncoder"/>, the fee
/// ceilings of the configuration, and as bounds of what is attested those that governance gave the contracts at the block that was read. A person reads it before it is used.
/// </summary>
internal static class SignerPolicyWriter
{
    public static JsonObject Write(
        KeeperOracleOptions options, IReadOnlyList<(ChainOptions Chain, ProtocolAddresses Addresses, ChainSnapshot Snapshot)> chains, PolicyWishes wishes)
    {
        var keeper = options.Keeper.Key is { } sender ? options.FindKey(sender) : null;
        var oracle = options.Oracle.Key is { } reporter ? options.FindKey(reporter) : null;
        var carrier = options.Keeper.ReportKey is { } second ? options.FindKey(second) : null;
        var keys = new[] { keeper, carrier, oracle }.OfType<KeyOptions>().ToList();
        return new JsonObject
        {
            ["listen"] = wishes.Listen,
            ["guardFile"] = "sign-guard.db",
            ["keys"] = new JsonArray([.. keys.Select(Key)]),
            ["transactions"] = new JsonArray(
            [
                .. keeper is null ? [] : chains.Select(chain => Transactions(SignerKeys.AddressOf(keeper), chain, [.. MoneyCalls(chain), .. carrier is null ? ReportCalls(chain) : []], wishes)),
                .. carrier is null ? [] : chains.Select(chain => Transactions(SignerKeys.AddressOf(carrier), chain, [.. ReportCalls(chain)], wishes)),
            ]),
            ["observations"] = new JsonArray([.. oracle is null ? [] : chains.Select(chain => Observations(SignerKeys.AddressOf(oracle), options.Oracle, chain, wishes))]),
        };
    }

    private static JsonObject Key(KeyOptions key) => new()
    {
        ["keystoreFile"] = key.Remote is null ? key.KeystoreFile : $"{key.Name}.keystore.json",
        ["passwordFile"] = key.Remote is null ? key.PasswordFile : $"{key.Name}.password",
    };

    private static IEnumerable<JsonObject> MoneyCalls((ChainOptions Chain, ProtocolAddresses Addresses, ChainSnapshot Snapshot) chain)
    {
        var vault = chain.Addresses.MarginVault;
        var approval = Call(chain.Snapshot.Market.Stable, ERC20.ApproveFunction.AbiSignature);
        approval["arguments"] = new JsonArray(new JsonObject { ["word"] = 0, ["value"] = Eip55.Format(vault) });
        return
        [
            Call(vault, MarginVault.LiquidateFunction.AbiSignature),
            Call(vault, MarginVault.LiquidatePortfolioFunction.AbiSignature),
            Call(vault, MarginVault.LiquidateLienFunction.AbiSignature),
            Call(vault, MarginVault.TopUpFunction.AbiSignature),
            Call(vault, MarginVault.SwapCollateralFunction.AbiSignature),
            Call(chain.Snapshot.Market.MarginHub, MarginHub.RequestSwapByMandateFunction.AbiSignature),
            Call(chain.Addresses.OracleHub, OracleHub.MarkOutageFunction.AbiSignature),
            .. SettlementCalls(chain.Snapshot.Market.OptionBook),
            approval,
        ];
    }

    private static IEnumerable<JsonObject> SettlementCalls(Address optionBook) => new[]
    {
        OptionBook.RecordObservationFunction.AbiSignature,
        OptionBook.FinaliseFunction.AbiSignature,
        OptionBook.FinaliseFromFallbackFunction.AbiSignature,
        OptionBook.SettleFunction.AbiSignature,
        OptionBook.CloseFunction.AbiSignature,
        OptionBook.ClaimFunction.AbiSignature,
    }.Select(function => Call(optionBook, function));

    private static IEnumerable<JsonObject> ReportCalls((ChainOptions Chain, ProtocolAddresses Addresses, ChainSnapshot Snapshot) chain) =>
    [
        Call(chain.Addresses.RiskOracle, RiskOracle.SubmitFunction.AbiSignature),
        Call(chain.Addresses.RiskOracle, RiskOracle.TightenFunction.AbiSignature),
    ];

    private static JsonObject Transactions(
        Address signer, (ChainOptions Chain, ProtocolAddresses Addresses, ChainSnapshot Snapshot) chain, JsonObject[] calls, PolicyWishes wishes)
    {
        var most = wishes.MaxGasLimit * chain.Chain.MaxFeePerGasWei;
        return new JsonObject
        {
            ["signer"] = Eip55.Format(signer),
            ["chain"] = chain.Chain.Id.Value,
            ["calls"] = new JsonArray([.. calls]),
            ["maxFeePerGasGwei"] = chain.Chain.MaxFeePerGasGwei,
            ["maxPriorityFeePerGasGwei"] = chain.Chain.MaxPriorityFeePerGasGwei,
            ["maxGasLimit"] = wishes.MaxGasLimit,
            ["maxFeePerTransactionEther"] = Ether(most),
            ["maxFeePerHourEther"] = Ether(most * wishes.TransactionsPerHour),
            ["allowReplacements"] = true,
        };
    }

    private static JsonObject Observations(
        Address signer, OracleOptions oracle, (ChainOptions Chain, ProtocolAddresses Addresses, ChainSnapshot Snapshot) chain, PolicyWishes wishes)
    {
        var entry = new JsonObject
        {
            ["signer"] = Eip55.Format(signer),
            ["chain"] = chain.Chain.Id.Value,
            ["verifyingContract"] = Eip55.Format(chain.Addresses.AttestationVerifier),
            ["market"] = chain.Snapshot.Report.MarketId.ToString(),
            ["maxValidSeconds"] = oracle.ValidSeconds,
            ["reorgEpochs"] = 1,
            ["maxEpochStep"] = 100,
            ["assets"] = new JsonArray([.. chain.Snapshot.Assets.Select(asset => new JsonObject
            {
                ["asset"] = Eip55.Format(asset.Token),
                ["minVolatility"] = Exact(asset.Bounds.VolatilityFloor.Raw),
                ["maxVolatility"] = Exact(asset.Bounds.VolatilityCap.Raw),
                ["maxSlippage"] = Exact(asset.Bounds.SlippageCap.Raw),
            })]),
        };
        if (wishes.ClockSkewSeconds is { } skew)
        {
            entry["clockSkewSeconds"] = skew;
        }

        return entry;
    }

    private static JsonObject Call(Address target, string function) => new() { ["target"] = Eip55.Format(target), ["function"] = function };

    private static decimal Ether(BigInteger wei) => Exact(wei);

    /// <summary>A number of 18 decimals as JSON writes it.</summary>
    private static decimal Exact(BigInteger raw) => decimal.Parse(FixedPoint.Format(raw, 18), NumberStyles.Number, CultureInfo.InvariantCulture);
}
