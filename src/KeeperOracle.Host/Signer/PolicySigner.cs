using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Journal;
using KeeperOracle.Host.Signer.Rules;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Signer;

// Specification of this folder.
//
// A process that holds keys and signs only what its own policy file allows, so that whoever owns the keeper or the oracle node entirely
// still cannot have anything else signed. It knows no chain, makes no connection, and believes nothing that it is told about the world.
//
// WHAT IS ASKED. eth_accounts, eth_signTransaction and eth_signTypedData of Web3Signer (see the head of ISigner.cs). A transaction comes
// field by field and an observation value by value: what is signed is encoded and hashed here, never taken as bytes from outside.
//
// RULES, in the order of the lists in TransactionRules and ObservationRules; the first "no" ends it, by a name that stays for good. What no entry of the
// policy names is refused: an account, a chain, a target, a function, a market, an asset. There is no switch that turns a rule off.
//   transactions  ChainNotAllowed, TargetNotAllowed, FunctionNotAllowed, ArgumentNotAllowed, ValueNotZero, FeeTooHigh, GasLimitTooHigh,
//                 TotalFeeTooHigh; then, with the guard, NonceUsed, GasBudgetSpent
//   observations  DomainNotAllowed, MarketNotAllowed, ValidityWrong, ClockSkew, AssetNotAllowed, ValueOutOfBounds; then, with the guard, EpochNotNewer
// An empty transaction from an account to itself cancels a nonce: it needs no entry, and keeps to fees, budget and nonce.
//
// THE GUARD (SignGuard.cs, one SQLite file) is asked and written in one flushed transaction BEFORE the key is used, as slashing protection is. Killed
// between the two, the process has signed nothing, and the same question is answered later with the same bytes. If the guard cannot be
// read or written, nothing is signed: GuardUnavailable.
//   nonce   one nonce of one account and chain: one transaction. Where the policy allows replacements, also that action again with both
//           fees at least 10 % over all before it, and its cancellation; at most 64 in all. Only one of them can be mined.
//   budget  what the signed transactions may cost at most (gas limit times fee), within any hour of the guard's clock, which never goes
//           back. A replacement counts with what it costs more.
//   epoch   observations of one market: (epoch, observedAt) rises. The same epoch may be signed again with a later observedAt, since
//           prices move inside an epoch; an earlier epoch never, except as many back as the policy allows for reorganisations, later observed all the same.
//
// LIMITS. The policy is believed: it stands with the keys, and whoever writes it rules. A chain's own state is not looked at: a nonce may be
// signed too early, a liquidation may revert. The rest of the gas of an allowed account can be burnt up to the budget; no more.

/// <summary>The keys with the policy before them. Safe for any thread.</summary>
internal sealed class PolicySigner(SignerPolicy policy, IReadOnlyList<PrivateKey> keys, SignGuard guard, TimeProvider time)
{
    private readonly Dictionary<Address, PrivateKey> _keys = keys.ToDictionary(key => key.Address);

    public IReadOnlyList<Address> Accounts { get; } = [.. keys.Select(key => key.Address).Order()];

    public (SignedTransaction? Signed, SignRefusal? Refusal) Sign(Address from, Eip1559Transaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        if (!_keys.TryGetValue(from, out var key))
        {
            return (null, UnknownAccount(from));
        }

        var entry = policy.Transactions.FirstOrDefault(entry => entry.Signer == from && entry.Chain == transaction.ChainId);
        var refusal = TransactionRules.Check(entry, from, transaction) ?? Guarded(() => guard.Reserve(entry!, transaction));
        return refusal is null ? (transaction.Sign(key), null) : (null, refusal);
    }

    public (SignedObservation? Signed, SignRefusal? Refusal) Sign(Address from, ChainId chain, Address verifier, Observation observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        if (!_keys.TryGetValue(from, out var key))
        {
            return (null, UnknownAccount(from));
        }

        var asked = new AskedObservation(from, chain, verifier, observation);
        var entry = policy.Observations.FirstOrDefault(entry => ObservationRules.Matches(entry, asked));
        var refusal = ObservationRules.Check(policy.Observations, asked, time.GetUtcNow()) ?? Guarded(() => guard.Reserve(entry!, asked));
        return refusal is null
            ? (new SignedObservation(observation, key.SignDigest(asked.Digest).ToBytes65()), null)
            : (null, refusal);
    }

    private static SignRefusal UnknownAccount(Address from) => new(SignRefusalCode.UnknownAccount, $"there is no key of {Eip55.Format(from)} here");

    private static SignRefusal? Guarded(Func<SignRefusal?> reserve)
    {
        try
        {
            return reserve();
        }
        catch (JournalException failed)
        {
            return new SignRefusal(SignRefusalCode.GuardUnavailable, $"nothing is signed that cannot be written down: {failed.Kind}");
        }
    }
}
