using KeeperOracle.Chain.Signing;

namespace KeeperOracle.Host.Signer.Rules;

/// <summary>The EIP-712 domain, chain and verifying contract, is one that the account may sign for.</summary>
internal static class DomainRule
{
    public static SignRefusal? Check(IReadOnlyList<ObservationPolicy> entries, AskedObservation asked) => entries.Any(entry => Matches(entry, asked))
        ? null
        : new SignRefusal(
            SignRefusalCode.DomainNotAllowed,
            $"{Eip55.Format(asked.From)} may sign no observation for {Eip55.Format(asked.Verifier)} on chain {asked.Chain}");

    public static bool Matches(ObservationPolicy entry, AskedObservation asked) =>
        entry.Signer == asked.From && entry.Chain == asked.Chain && entry.Verifier == asked.Verifier;
}
