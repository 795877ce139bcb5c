// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Test} from "forge-std/Test.sol";

import {CollateralVault} from "../../contracts/CollateralVault.sol";
import {MarginHub} from "../../contracts/MarginHub.sol";
import {ICollateralVault} from "../../contracts/interfaces/ICollateralVault.sol";
import {IHeaderSource} from "../../contracts/interfaces/IHeaderSource.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {IMarginHub} from "../../contracts/interfaces/IMarginHub.sol";
import {IOracleHub} from "../../contracts/interfaces/IOracleHub.sol";
import {LienCode} from "../../contracts/libraries/LienCode.sol";
import {LienId, LienTerms, Order} from "../../contracts/types/Lien.sol";
import {DebtBook, SetFactors, SetPrices, TellingHeaders} from "./mocks/CrossChainMocks.sol";
import {MockToken} from "./mocks/MockToken.sol";
import {TrieBuilder} from "./mocks/TrieBuilder.sol";

/// @title Two chains in one machine: a collateral vault on A, a hub on B, and true proofs of what each stores
/// @dev This contract is admin, risk admin and guardian. Proofs are made of the storage as it is when they are asked for. Headers are attested
/// unless `chainGiven` is set. WETH costs 3,000 and WBTC 60,000; sigma .60, LT .774, BF .719.
abstract contract CrossChainBase is Test {
    uint256 internal constant WAD = 1e18;
    uint64 internal constant START = 1_800_000_000;
    uint256 internal constant CHAIN_A = 1;
    uint256 internal constant CHAIN_B = 10;
    uint32 internal constant LAG = 20 minutes;
    uint32 internal constant DELAY = 1 hours;
    uint64 internal constant FINALITY = 15 minutes;
    uint128 internal constant LOCKED = 100e18;
    uint64 internal constant GUARDIAN = 2;

    AccessManager internal manager;
    CollateralVault internal collateralVault;
    MarginHub internal hub;
    TellingHeaders internal headers;
    SetPrices internal prices;
    SetFactors internal factors;
    DebtBook internal book;
    MockToken internal weth;
    MockToken internal wbtc;
    address internal localWeth = makeAddr("local WETH");
    address internal localWbtc = makeAddr("local WBTC");

    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");
    address internal guardian = makeAddr("guardian");
    bytes32 internal account;
    bool internal chainGiven;
    uint64 internal blockNumber = 1000;

    function setUp() public virtual {
        vm.warp(START);
        account = bytes32(uint256(uint160(alice)) << 96 | 1);
        manager = new AccessManager(address(this));
        headers = new TellingHeaders();
        _deployA();
        _deployB();
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = ICollateralVault.vetoByGuardian.selector;
        manager.setTargetFunctionRole(address(collateralVault), selectors, GUARDIAN);
        manager.grantRole(GUARDIAN, guardian, 0);
        collateralVault.setHub(CHAIN_B, address(hub), headers);
    }

    function _deployA() internal {
        vm.chainId(CHAIN_A);
        weth = new MockToken("Wrapped Ether", "WETH", 18);
        wbtc = new MockToken("Wrapped BTC", "WBTC", 8);
        collateralVault = new CollateralVault(address(manager));
        collateralVault.setToken(address(weth), 18, 1_000_000e18, 1_000_000e18);
        collateralVault.setToken(address(wbtc), 8, 100_000e8, 100_000e8);
    }

    function _deployB() internal virtual {
        vm.chainId(CHAIN_B);
        prices = new SetPrices();
        factors = new SetFactors();
        book = new DebtBook();
        prices.set(localWeth, 3000e18);
        prices.set(localWbtc, 60_000e18);
        _setVolatility(0.6e18, 0.6e18);
        hub = new MarginHub(
            address(manager),
            IOracleHub(address(prices)),
            IRiskOracle(address(factors)),
            IMarginVault(address(book)),
            FINALITY
        );
        book.connect(hub);
        hub.setHeaderSource(CHAIN_A, headers);
        hub.setSourceChain(CHAIN_A, LAG, DELAY, 1e30);
        _listRemote(address(weth), localWeth, 18, 1_000_000e18, 1_000_000e18);
        _listRemote(address(wbtc), localWbtc, 8, 100_000e8, 100_000e8);
    }

    function _listRemote(address token, address asset, uint8 decimals, uint128 cap, uint128 growth) internal {
        hub.listRemote(CHAIN_A, address(collateralVault), token, asset, decimals, cap, growth, 100_000e18);
    }

    function _setVolatility(uint256 maintenance, uint256 initial) internal {
        IRiskOracle.Factors memory given = IRiskOracle.Factors({
            liquidationThreshold: 0.774e18,
            borrowFactor: 0.719e18,
            bonus: 0.05e18,
            maintenanceVolatility: maintenance,
            initialVolatility: initial
        });
        factors.set(localWeth, given);
        factors.set(localWbtc, given);
    }

    // ---------------------------------------------------------------------------------------------------- chain A

    function _lockFor(MockToken token, uint128 amount) internal returns (uint256 number) {
        vm.chainId(CHAIN_A);
        token.mint(alice, amount);
        vm.startPrank(alice);
        token.approve(address(collateralVault), amount);
        number = collateralVault.lock(address(token), amount, CHAIN_B, address(hub), account);
        vm.stopPrank();
    }

    function _addTo(uint256 number, MockToken token, uint128 amount) internal {
        vm.chainId(CHAIN_A);
        token.mint(bob, amount);
        vm.startPrank(bob);
        token.approve(address(collateralVault), amount);
        collateralVault.add(number, amount);
        vm.stopPrank();
    }

    function _lienId(uint256 number) internal view returns (LienId memory) {
        return LienId({chainId: CHAIN_A, collateralVault: address(collateralVault), number: number});
    }

    function _key(uint256 number) internal view returns (bytes32) {
        return LienCode.lienKey(_lienId(number));
    }

    // ----------------------------------------------------------------------------------------------------- proofs

    /// @dev Makes the state root of a chain on which `target` holds these slots and another account stands beside it, tells the header
    /// source of it, and gives the locator, the account proof and the entries to prove slots of.
    function _publish(uint256 chainId, address target, TrieBuilder.Entry[] memory slots)
        internal
        returns (bytes memory locator, bytes[] memory accountProof)
    {
        TrieBuilder.Entry[] memory accounts = new TrieBuilder.Entry[](2);
        accounts[0] = TrieBuilder.accountEntry(target, TrieBuilder.root(slots));
        accounts[1] = TrieBuilder.accountEntry(address(0xdead), keccak256("another"));
        accountProof = TrieBuilder.proof(accounts, accounts[0].key);
        locator = abi.encode(++blockNumber);
        headers.tell(chainId, locator, _header(TrieBuilder.root(accounts)));
    }

    function _header(bytes32 stateRoot) internal view returns (IHeaderSource.Header memory) {
        return IHeaderSource.Header({
            number: blockNumber,
            timestamp: uint64(vm.getBlockTimestamp()),
            knownSince: uint64(vm.getBlockTimestamp()),
            stateRoot: stateRoot,
            chainGiven: chainGiven
        });
    }

    function _slot(address target, bytes32 slot) internal view returns (TrieBuilder.Entry memory) {
        return TrieBuilder.slotEntry(slot, vm.load(target, slot));
    }

    /// @dev Terms and state of every lien there is, as the storage of the vault is now.
    function _vaultSlots() internal view returns (TrieBuilder.Entry[] memory slots) {
        uint256 count = collateralVault.lienCount();
        slots = new TrieBuilder.Entry[](2 * count);
        for (uint256 i = 0; i < count; ++i) {
            slots[2 * i] = _slot(address(collateralVault), LienCode.termsSlot(i + 1));
            slots[2 * i + 1] = _slot(address(collateralVault), LienCode.stateSlot(i + 1));
        }
    }

    function _lienProofFrom(TrieBuilder.Entry[] memory slots, uint256 number, uint256 out)
        internal
        returns (IMarginHub.LienProof memory proof)
    {
        (proof.locator, proof.accountProof) = _publish(CHAIN_A, address(collateralVault), slots);
        proof.stateProof = TrieBuilder.proof(slots, keccak256(abi.encodePacked(LienCode.stateSlot(number))));
        if (out != 0) {
            proof.outStateProof = TrieBuilder.proof(slots, keccak256(abi.encodePacked(LienCode.stateSlot(out))));
        }
    }

    function _lienProof(uint256 number) internal returns (IMarginHub.LienProof memory) {
        return _lienProofFrom(_vaultSlots(), number, 0);
    }

    /// @dev What stolen keys can do: a header under which a lien has any state.
    function _forgedProof(uint256 number, uint128 amount, uint64 counter)
        internal
        returns (IMarginHub.LienProof memory)
    {
        TrieBuilder.Entry[] memory slots = _vaultSlots();
        bytes32 state = bytes32(uint256(counter) << 128 | amount);
        slots[2 * number - 1] = TrieBuilder.slotEntry(LienCode.stateSlot(number), state);
        return _lienProofFrom(slots, number, 0);
    }

    function _termsProof(uint256 number) internal view returns (bytes[] memory) {
        return TrieBuilder.proof(_vaultSlots(), keccak256(abi.encodePacked(LienCode.termsSlot(number))));
    }

    /// @dev A proof that the hub stores `stored` for the order at its counter.
    function _orderProofOf(Order memory order, bytes32 stored)
        internal
        returns (ICollateralVault.OrderProof memory proof)
    {
        bytes32 slot = LienCode.orderSlot(LienCode.lienKey(order.lien), order.counter);
        TrieBuilder.Entry[] memory slots = new TrieBuilder.Entry[](2);
        slots[0] = TrieBuilder.slotEntry(slot, stored);
        slots[1] = TrieBuilder.slotEntry(keccak256("another slot"), bytes32(uint256(5)));
        (proof.locator, proof.accountProof) = _publish(CHAIN_B, order.hub, slots);
        proof.orderProof = TrieBuilder.proof(slots, slots[0].key);
    }

    function _orderProof(Order memory order) internal returns (ICollateralVault.OrderProof memory) {
        bytes32 slot = LienCode.orderSlot(LienCode.lienKey(order.lien), order.counter);
        return _orderProofOf(order, vm.load(address(hub), slot));
    }

    // ---------------------------------------------------------------------------------------------------- chain B

    /// @dev Proves a lien for the first time, a finality lag after the header.
    function _count(uint256 number) internal returns (bytes32 key) {
        IMarginHub.LienProof memory proof = _lienProof(number);
        bytes[] memory termsProof = _termsProof(number);
        LienTerms memory terms = collateralVault.termsOf(number);
        skip(LAG);
        vm.chainId(CHAIN_B);
        vm.prank(alice);
        key = hub.countLien(_lienId(number), terms, termsProof, proof);
    }

    function _refresh(uint256 number) internal {
        _bring(number, _lienProof(number));
    }

    function _bring(uint256 number, IMarginHub.LienProof memory proof) internal {
        skip(LAG);
        vm.chainId(CHAIN_B);
        hub.refreshLien(_key(number), proof);
    }

    function _lockAndCount(uint128 amount) internal returns (uint256 number, bytes32 key) {
        number = _lockFor(weth, amount);
        key = _count(number);
    }

    function _release(bytes32 key, uint128 units) internal returns (uint64 counter) {
        vm.chainId(CHAIN_B);
        vm.prank(alice);
        counter = hub.requestRelease(key, units, alice, "");
    }

    function _issue(bytes32 key, uint64 counter) internal returns (Order memory) {
        vm.chainId(CHAIN_B);
        skip(FINALITY);
        hub.issueOrder(key, counter);
        return hub.orderOf(key, counter);
    }

    function _execute(Order memory order) internal returns (bool) {
        ICollateralVault.OrderProof memory proof = _orderProof(order);
        vm.chainId(CHAIN_A);
        return collateralVault.execute(order, proof);
    }

    /// @dev Release or seizure from request to payment under a header that the chain gives.
    function _carryOut(bytes32 key, uint64 counter) internal returns (Order memory order) {
        order = _issue(key, counter);
        bool before = chainGiven;
        chainGiven = true;
        _execute(order);
        chainGiven = before;
    }
}
