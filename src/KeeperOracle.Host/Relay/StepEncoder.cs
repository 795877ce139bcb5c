using System.Text.Json;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Proofs;
using KeeperOracle.Host.Chains;
using KeeperOracle.Host.Sending;
using KeeperOracle.Keeper;
using KeeperOracle.Keeper.Relaying;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Relay;

/// <summary>A node's proof that does not lead to the root that was attested.</summary>
internal sealed class ProofRefusedException(string chain, ProofRefusal refusal) : Exception($"chain {chain}: {refusal}")
{
    public ProofRefusal Refusal => refusal;
}

/// <summary>
/// From a decided step to the call it becomes, with proofs from our own nodes. Each proof is held against the state root of the header that the other chain believes before
/// anything is sent (<see cref="StorageProofs"/>): what does not lead there is refused by name, whoever gave it.
/// </summary>
internal sealed class StepEncoder(ChainAccess vaultChain, ChainAccess hubChain, Func<ulong, LienId> idOf)
{
    private Address Vault => vaultChain.Options.CrossChain.CollateralVault;

    private Address Hub => hubChain.Options.CrossChain.MarginHub;

    public async Task<PlannedCall> EncodeAsync(RelayStep step, LinkPicture picture, CancellationToken cancellationToken)
    {
        var (to, data) = step switch
        {
            CarryHeader carry => Carry(carry, picture),
            RefreshLien refresh => (Hub, (await RefreshAsync(refresh, picture, cancellationToken)).EncodeCall()),
            IssueOrder issue => (Hub, new MarginHub.IssueOrderFunction(issue.Key, issue.Counter).EncodeCall()),
            ExecuteOrder execute => (Vault, new CollateralVault.ExecuteFunction(
                picture.Orders[(execute.Key, execute.Counter)], await OrderProofAsync(execute.Key, execute.Counter, execute.Header, picture, cancellationToken)).EncodeCall()),
            LapseOrder lapse => (Vault, new CollateralVault.LapseFunction(
                picture.Orders[(lapse.Key, lapse.Counter)], await OrderProofAsync(lapse.Key, lapse.Counter, lapse.Header, picture, cancellationToken)).EncodeCall()),
            ExecuteQueued queued => (Vault, new CollateralVault.ExecuteQueuedFunction(picture.Orders[(queued.Key, queued.Counter)]).EncodeCall()),
            TopUpLien topUp => (Vault, new CollateralVault.TopUpFunction(topUp.Lien, topUp.Amount).EncodeCall()),
            _ => throw new ArgumentException($"A step of type {step.GetType().Name} has no call.", nameof(step)),
        };
        var head = step.On == hubChain.Id ? picture.HubHead : picture.VaultHead;
        return new PlannedCall(to, data, JsonSerializer.Serialize(step, KeeperJson.Options), head.Number);
    }

    /// <summary>The owner's call that attaches a lien, under the newest usable header; null where there is none that shows it.</summary>
    public async Task<(MarginHub.CountLienFunction Call, ulong Header)?> CountAsync(ulong number, LinkPicture picture, CancellationToken cancellationToken)
    {
        if (picture.State.ToHub.Usable is not { } usable || picture.State.Liens.FirstOrDefault(lien => lien.Number == number) is not { AtUsable: not null })
        {
            return null;
        }

        var proof = await VaultProofAsync([LienSlots.TermsSlot(number), LienSlots.StateSlot(number)], usable.Number, picture, cancellationToken);
        return (new MarginHub.CountLienFunction(
            idOf(number), picture.Terms[number], proof.Slots[0].Proof, new LienProof(LienSlots.Locator(usable.Number), proof.Proof, proof.Slots[1].Proof, [])), usable.Number);
    }

    private (Address To, byte[] Data) Carry(CarryHeader step, LinkPicture picture)
    {
        var (chain, offer) = step.On == hubChain.Id ? (hubChain, picture.OfferToHub) : (vaultChain, picture.OfferToVault);
        return offer?.Attestation.Number == step.Number
            ? (chain.Options.CrossChain.AttestedHeaders, new AttestedHeaders.AttestFunction(offer.Attestation, offer.Signatures).EncodeCall())
            : throw new ArgumentException($"Header {step.Number} is not what was offered.", nameof(step));
    }

    private async Task<MarginHub.RefreshLienFunction> RefreshAsync(RefreshLien step, LinkPicture picture, CancellationToken cancellationToken)
    {
        Hash32[] slots = step.SwapLien == 0 ? [LienSlots.StateSlot(step.Lien)] : [LienSlots.StateSlot(step.Lien), LienSlots.StateSlot(step.SwapLien)];
        var proof = await VaultProofAsync(slots, step.Header, picture, cancellationToken);
        return new MarginHub.RefreshLienFunction(
            step.Key, new LienProof(LienSlots.Locator(step.Header), proof.Proof, proof.Slots[0].Proof, step.SwapLien == 0 ? [] : proof.Slots[1].Proof));
    }

    private Task<AccountProof> VaultProofAsync(Hash32[] slots, ulong header, LinkPicture picture, CancellationToken cancellationToken) =>
        ProveAsync(vaultChain, Vault, slots, picture.ToHub.First(one => one.Header.Number == header), cancellationToken);

    private async Task<OrderProof> OrderProofAsync(Hash32 key, ulong counter, ulong header, LinkPicture picture, CancellationToken cancellationToken)
    {
        var proof = await ProveAsync(hubChain, Hub, [LienSlots.OrderSlot(key, counter)], picture.ToVault.First(one => one.Header.Number == header), cancellationToken);
        return new OrderProof(LienSlots.Locator(header), proof.Proof, proof.Slots[0].Proof);
    }

    private static async Task<AccountProof> ProveAsync(ChainAccess chain, Address account, Hash32[] slots, LedgerHeader header, CancellationToken cancellationToken)
    {
        var proof = await chain.Eth.GetProofAsync(account, slots, header.BlockHash, cancellationToken);
        return StorageProofs.Check(header.StateRoot, proof) is { } refusal ? throw new ProofRefusedException(chain.Name, refusal) : proof;
    }
}
