// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAttestationVerifier} from "../../contracts/interfaces/IAttestationVerifier.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {AttestedHeaders} from "../../contracts/AttestedHeaders.sol";
import {ChainHeaders} from "../../contracts/ChainHeaders.sol";
import {IAttestedHeaders} from "../../contracts/interfaces/IAttestedHeaders.sol";
import {ICollateralVault} from "../../contracts/interfaces/ICollateralVault.sol";
import {IHeaderSource} from "../../contracts/interfaces/IHeaderSource.sol";
import {IMarginHub} from "../../contracts/interfaces/IMarginHub.sol";
import {LienCode} from "../../contracts/libraries/LienCode.sol";
import {StorageProof} from "../../contracts/libraries/StorageProof.sol";
import {LienId, LienTerms, Order, OrderKind} from "../../contracts/types/Lien.sol";
import {CrossChainBase} from "./CrossChainBase.sol";
import {L1BlockStub, SignerSet} from "./mocks/CrossChainMocks.sol";
import {CallbackToken} from "./mocks/HostileTokens.sol";
import {TrieBuilder} from "./mocks/TrieBuilder.sol";

/// @dev Both chains with the real header sources: signers between B and A, and what real nodes prove.
contract CrossChainTest is CrossChainBase {
    SignerSet private signerSet;
    AttestedHeaders private fromA;
    AttestedHeaders private fromB;
    uint256[] private keys;

    function setUp() public override {
        super.setUp();
        uint256[] memory numbers = new uint256[](4);
        for (uint256 i = 0; i < 4; ++i) {
            numbers[i] = uint160(vm.addr(i + 1));
        }
        numbers = vm.sort(numbers);
        address[] memory signers = new address[](4);
        for (uint256 i = 0; i < 4; ++i) {
            signers[i] = address(uint160(numbers[i]));
            for (uint256 k = 1; k <= 4; ++k) {
                if (vm.addr(k) == signers[i]) keys.push(k);
            }
        }
        signerSet = new SignerSet(signers);
        fromA = new AttestedHeaders(address(manager), IAttestationVerifier(address(signerSet)));
        fromB = new AttestedHeaders(address(manager), IAttestationVerifier(address(signerSet)));
        hub.setHeaderSource(CHAIN_A, fromA);
        collateralVault.setHub(CHAIN_B, address(hub), fromB);
    }

    /// @dev Has three signers attest the header that was last told to the telling source.
    function _attest(AttestedHeaders source, uint256 chainId, bytes memory locator) private {
        IHeaderSource.Header memory told = headers.header(chainId, locator);
        IAttestedHeaders.HeaderAttestation memory attestation = IAttestedHeaders.HeaderAttestation({
            chainId: chainId,
            number: told.number,
            blockHash: keccak256(abi.encode(told)),
            stateRoot: told.stateRoot,
            timestamp: told.timestamp,
            deadline: uint64(vm.getBlockTimestamp()) + 1 hours
        });
        bytes32 digest = signerSet.digestOf(source.structHashOf(attestation));
        bytes[] memory signatures = new bytes[](3);
        for (uint256 i = 0; i < 3; ++i) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[i], digest);
            signatures[i] = abi.encodePacked(r, s, v);
        }
        source.attest(attestation, signatures);
    }

    function _attestedCount(uint256 number) private returns (bytes32 key) {
        IMarginHub.LienProof memory proof = _lienProof(number);
        bytes[] memory termsProof = _termsProof(number);
        LienTerms memory terms = collateralVault.termsOf(number);
        skip(LAG);
        vm.chainId(CHAIN_B);
        _attest(fromA, CHAIN_A, proof.locator);
        vm.prank(alice);
        key = hub.countLien(_lienId(number), terms, termsProof, proof);
    }

    function _attestedRefresh(uint256 number) private {
        IMarginHub.LienProof memory proof = _lienProof(number);
        skip(LAG);
        vm.chainId(CHAIN_B);
        _attest(fromA, CHAIN_A, proof.locator);
        hub.refreshLien(_key(number), proof);
    }

    function _attestedExecute(Order memory order) private returns (bool) {
        ICollateralVault.OrderProof memory proof = _orderProof(order);
        vm.chainId(CHAIN_A);
        _attest(fromB, CHAIN_B, proof.locator);
        return collateralVault.execute(order, proof);
    }

    // ------------------------------------------------------------------------------------------------- whole flows

    /// @dev Lock, count, borrow, seize, queue, pay, prove: the parts between signers on both sides.
    function test_ALiquidationAcrossChainsUnderAttestedHeaders() public {
        uint256 number = _lockFor(weth, LOCKED);
        bytes32 key = _attestedCount(number);
        book.setDebt(account, hub.capacityOf(account).initial);
        assertTrue(book.isHealthy(account));
        prices.set(localWeth, 2700e18);
        assertFalse(book.isHealthy(account));

        uint64 counter = book.seize(key, 30e18, bob);
        Order memory order = _issue(key, counter);
        assertFalse(_attestedExecute(order));
        skip(24 hours);
        collateralVault.executeQueued(order);
        assertEq(weth.balanceOf(bob), 30e18);
        _attestedRefresh(number);
        assertEq(hub.lienOf(key).counted, 70e18);
        assertEq(hub.lienOf(key).pending, 0);
    }

    /// @dev An order vetoed on A ends on B only by a proof; meanwhile its credit stays away.
    function test_AVetoedReleaseStaysPendingUntilAProofEndsIt() public {
        uint256 number = _lockFor(weth, LOCKED);
        bytes32 key = _attestedCount(number);
        Order memory order = _issue(key, _release(key, 50e18));
        assertFalse(_attestedExecute(order));
        vm.prank(alice);
        collateralVault.veto(number);
        _attestedRefresh(number);
        assertEq(hub.lienOf(key).counted, 50e18);

        vm.warp(order.deadline + 1);
        _attestedRefresh(number);
        assertEq(hub.lienOf(key).counted, LOCKED);
        assertEq(collateralVault.lienOf(number).amount, LOCKED);
    }

    /// @dev A relay that stops for two days: nobody is liquidated by it, and everything goes on where it stood.
    function test_F31_ARelayDeadForTwoDaysLiquidatesNobodyAndTrapsNothing() public {
        uint256 number = _lockFor(weth, LOCKED);
        bytes32 key = _attestedCount(number);
        uint256 debt = hub.capacityOf(account).initial;
        book.setDebt(account, debt);
        uint256 maintenance = hub.capacityOf(account).maintenance;
        skip(2 days);
        assertEq(hub.capacityOf(account).maintenance, maintenance);
        assertTrue(book.isHealthy(account));
        assertLt(hub.capacityOf(account).initial, debt);
        _attestedRefresh(number);
        assertEq(hub.capacityOf(account).initial, debt);
        book.setDebt(account, 0);
        Order memory order = _issue(key, _release(key, LOCKED));
        _attestedExecute(order);
        skip(24 hours);
        collateralVault.executeQueued(order);
        assertEq(weth.balanceOf(alice), LOCKED);
    }

    /// @dev The hub on an OP-stack chain above A: A's header is the chain's own word, and no signer is asked.
    function test_AHubAboveTheChainOfTheLiensNeedsNoSigners() public {
        L1BlockStub stub = new L1BlockStub();
        vm.chainId(CHAIN_B);
        ChainHeaders given = new ChainHeaders(CHAIN_A, address(stub));
        hub.setHeaderSource(CHAIN_A, given);
        uint256 number = _lockFor(weth, LOCKED);
        IMarginHub.LienProof memory proof = _lienProof(number);
        IHeaderSource.Header memory told = headers.header(CHAIN_A, proof.locator);
        proof.locator = TrieBuilder.headerRlp(told.number, told.stateRoot, told.timestamp);
        stub.set(told.number, keccak256(proof.locator));
        given.record();
        bytes[] memory termsProof = _termsProof(number);
        LienTerms memory terms = collateralVault.termsOf(number);
        skip(LAG);
        vm.chainId(CHAIN_B);
        vm.prank(alice);
        bytes32 key = hub.countLien(_lienId(number), terms, termsProof, proof);
        assertEq(hub.lienOf(key).counted, LOCKED);
    }

    // --------------------------------------------------------------------------------------------- all keys stolen

    /// @dev Rule 4: with every signer's key for 24 hours, forged orders take at most 2 % from the vault, and forged liens count for at most
    /// the daily growth here. Afterwards the admin restarts the chain and all that is left can be proved again.
    function test_WithEveryKeyStolenForADayTheBoundsHold() public {
        uint256 number = _lockFor(weth, LOCKED);
        bytes32 key = _attestedCount(number);
        _listRemote(address(weth), localWeth, 18, 1_000_000e18, 20e18);
        uint256 counted = hub.lienOf(key).counted;
        for (uint256 hour = 0; hour < 24; ++hour) {
            _forgeOrder(number, hour);
            IMarginHub.LienProof memory proof =
                _forgedProof(number, LOCKED * 50, collateralVault.lienOf(number).counter);
            vm.chainId(CHAIN_B);
            skip(LAG);
            _attest(fromA, CHAIN_A, proof.locator);
            hub.refreshLien(key, proof);
            skip(40 minutes);
        }
        assertLe(weth.balanceOf(bob), LOCKED * 2 / 100);
        assertLe(hub.lienOf(key).counted, counted + 20e18);

        fromA.restart(CHAIN_A);
        hub.setHeaderSource(CHAIN_A, fromA);
        _attestedRefresh(number);
        assertLe(hub.lienOf(key).counted, collateralVault.lienOf(number).amount);
        skip(24 hours);
        _attestedRefresh(number);
        assertEq(uint256(hub.lienOf(key).counted) + hub.lienOf(key).disputed, collateralVault.lienOf(number).amount);
    }

    function _forgeOrder(uint256 number, uint256 hour) private {
        if (collateralVault.queuedOf(number).orderHash != 0) return;
        if (collateralVault.provableFrom(number) > vm.getBlockTimestamp()) return;
        Order memory forged = Order({
            lien: _lienId(number),
            hubChainId: CHAIN_B,
            hub: address(hub),
            counter: collateralVault.lienOf(number).counter + 1,
            kind: OrderKind.Seize,
            units: hour < 6 ? 0.3e18 : 50e18,
            to: bob,
            lienOut: 0,
            minOut: 0,
            deadline: type(uint64).max
        });
        ICollateralVault.OrderProof memory proof = _orderProofOf(forged, LienCode.orderHash(forged));
        vm.chainId(CHAIN_A);
        _attest(fromB, CHAIN_B, proof.locator);
        if (!collateralVault.execute(forged, proof)) {
            vm.prank(guardian);
            collateralVault.vetoByGuardian(number);
        }
    }

    // ---------------------------------------------------------------------------------------------------- reentry

    function test_ATokenThatCallsBackMeetsTheGuard() public {
        CallbackToken token = new CallbackToken("CB", 18);
        collateralVault.setToken(address(token), 18, 1e30, 1e30);
        vm.chainId(CHAIN_A);
        token.mint(alice, 10e18);
        token.arm(address(collateralVault), abi.encodeCall(ICollateralVault.claim, (address(token), bob)));
        vm.startPrank(alice);
        token.approve(address(collateralVault), 10e18);
        bytes memory refusal = abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        uint256 number = collateralVault.lock(address(token), 5e18, CHAIN_B, address(hub), account);
        assertFalse(token.succeeded());
        assertEq(token.answer(), refusal);
        token.arm(address(collateralVault), abi.encodeCall(ICollateralVault.add, (number, 0)));
        collateralVault.add(number, 5e18);
        vm.stopPrank();
        assertFalse(token.succeeded());
        assertEq(token.answer(), refusal);
    }

    // ------------------------------------------------------------------------------------------ what real nodes say

    /// @dev The vector file holds `eth_getProof` answers of two real local chains about the two real contracts.
    function test_ARealNodesProofSaysWhatTheCollateralVaultWrote() public {
        string memory json = _vectors();
        (, bytes32 root) = _vectorRoot(json, ".lien", ".chainIdA", ".chainIdB");
        LienTerms memory terms = LienTerms({
            owner: vm.parseJsonAddress(json, ".owner"),
            token: vm.parseJsonAddress(json, ".token"),
            hubChainId: vm.parseJsonUint(json, ".chainIdB"),
            hub: vm.parseJsonAddress(json, ".order.address"),
            account: vm.parseJsonBytes32(json, ".account")
        });
        bytes[] memory proof = vm.parseJsonBytesArray(json, ".lien.proofs[0]");
        assertEq(StorageProof.slotValue(root, LienCode.termsSlot(1), proof), LienCode.termsHash(terms));
        proof = vm.parseJsonBytesArray(json, ".lien.proofs[1]");
        (uint128 amount, uint64 counter) =
            LienCode.unpackState(StorageProof.slotValue(root, LienCode.stateSlot(1), proof));
        assertEq(amount, vm.parseJsonUint(json, ".amount"));
        assertEq(counter, 0);
    }

    function test_ARealNodesProofSaysWhatTheHubIssued() public {
        string memory json = _vectors();
        (address target, bytes32 root) = _vectorRoot(json, ".order", ".chainIdB", ".chainIdA");
        Order memory order = Order({
            lien: LienId({
                chainId: vm.parseJsonUint(json, ".chainIdA"),
                collateralVault: vm.parseJsonAddress(json, ".lien.address"),
                number: 1
            }),
            hubChainId: vm.parseJsonUint(json, ".chainIdB"),
            hub: target,
            counter: 1,
            kind: OrderKind.Release,
            units: uint128(vm.parseJsonUint(json, ".units_released")),
            to: vm.parseJsonAddress(json, ".owner"),
            lienOut: 0,
            minOut: 0,
            deadline: uint64(vm.parseJsonUint(json, ".deadline"))
        });
        bytes[] memory proof = vm.parseJsonBytesArray(json, ".order.proofs[0]");
        bytes32 slot = LienCode.orderSlot(LienCode.lienKey(order.lien), 1);
        assertEq(StorageProof.slotValue(root, slot, proof), LienCode.orderHash(order));
    }

    function _vectors() private view returns (string memory) {
        return vm.readFile("tests/vectors/storage-proofs.json");
    }

    /// @dev The storage root under the vector's header.
    function _vectorRoot(string memory json, string memory at, string memory source, string memory reader)
        private
        returns (address target, bytes32 root)
    {
        vm.chainId(vm.parseJsonUint(json, reader));
        bytes32 stateRoot = _vectorStateRoot(json, at, vm.parseJsonUint(json, source));
        target = vm.parseJsonAddress(json, string.concat(at, ".address"));
        bytes[] memory proof = vm.parseJsonBytesArray(json, string.concat(at, ".accountProof"));
        root = StorageProof.storageRoot(stateRoot, target, proof);
    }

    /// @dev Read through the source that checks headers by their hash.
    function _vectorStateRoot(string memory json, string memory at, uint256 chainId) private returns (bytes32) {
        bytes memory rlp = vm.parseJsonBytes(json, string.concat(at, ".header"));
        L1BlockStub stub = new L1BlockStub();
        ChainHeaders given = new ChainHeaders(chainId, address(stub));
        stub.set(uint64(vm.parseJsonUint(json, string.concat(at, ".number"))), keccak256(rlp));
        given.record();
        IHeaderSource.Header memory header = given.header(chainId, rlp);
        assertEq(header.stateRoot, vm.parseJsonBytes32(json, string.concat(at, ".stateRoot")));
        assertEq(header.timestamp, vm.parseJsonUint(json, string.concat(at, ".timestamp")));
        return header.stateRoot;
    }

    // -------------------------------------------------------------------------------------------------------- gas

    function test_GasOfTheUsualSteps() public {
        uint256 number = _lockFor(weth, LOCKED);
        vm.snapshotGasLastCall("CrossChain", "lock");
        bytes32 key = _attestedCount(number);
        vm.snapshotGasLastCall("CrossChain", "countLien");
        _attestedRefresh(number);
        vm.snapshotGasLastCall("CrossChain", "refreshLien");
        _release(key, 1e18);
        vm.snapshotGasLastCall("CrossChain", "requestRelease");
        Order memory order = _issue(key, 1);
        assertTrue(_attestedExecute(order));
        vm.snapshotGasLastCall("CrossChain", "execute at once");
    }
}
