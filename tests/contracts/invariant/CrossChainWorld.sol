// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {MarginVault} from "../../../contracts/MarginVault.sol";
import {OracleHub} from "../../../contracts/OracleHub.sol";
import {RiskOracle} from "../../../contracts/RiskOracle.sol";
import {ICollateralVault} from "../../../contracts/interfaces/ICollateralVault.sol";
import {IMarginHub} from "../../../contracts/interfaces/IMarginHub.sol";
import {LienCode} from "../../../contracts/libraries/LienCode.sol";
import {Order, OrderKind} from "../../../contracts/types/Lien.sol";
import {CrossChainBase} from "../CrossChainBase.sol";
import {MockToken} from "../mocks/MockToken.sol";
import {TrieBuilder} from "../mocks/TrieBuilder.sol";
import {CrossChainStack} from "./CrossChainStack.sol";

/// @title Three liens on A for two accounts of the whole protocol on B, and what an onlooker of both chains writes down
/// @dev Liens 1 (WETH) and 3 (WBTC) secure Alice's first account, lien 2 (WETH) her second, which also holds collateral on B. Lien 4 stands on a
/// fork of A that is dropped. What must hold across one step is asserted in the step, with the number of its sentence.
abstract contract CrossChainWorld is CrossChainBase {
    /// @dev So many units at a time.
    struct Entry {
        uint64 time;
        uint128 units;
    }

    uint256 public constant LIENS = 3;
    uint128 internal constant GROWTH = 20e18;
    uint128 internal constant CAP = 400e18;
    uint256 internal constant PEOPLE = 4;

    CrossChainStack internal stack;
    MarginVault internal vault;
    OracleHub internal oracle;
    RiskOracle internal risk;
    MockToken internal usdc;
    address internal carol = makeAddr("carol");
    address internal thief = makeAddr("thief");
    bytes32 internal second;

    mapping(string what => uint256 times) public counted;
    mapping(uint256 number => bool) public touched;
    mapping(uint256 number => mapping(uint64 counter => bytes32 orderHash)) public forgedAt;
    mapping(bytes32 orderHash => uint256 times) public executions;
    mapping(bytes32 orderHash => bool) internal carriedOut;
    mapping(address token => uint256 units) public minted;
    mapping(address token => uint256 units) public takenByForgery;
    mapping(address token => uint256 units) public admittedByForgery;
    mapping(address token => Entry[]) private _leftAtOnce;
    mapping(address token => Entry[]) private _admitted;
    mapping(bytes32 orderHash => bool) internal _vetoedByOwner;
    mapping(bytes32 orderHash => bool) internal _vetoedByGuardian;

    // ----------------------------------------------------------------------------------------------------- set-up

    function _deployB() internal override {
        vm.chainId(CHAIN_B);
        stack = new CrossChainStack();
        stack.setUp();
        MockToken asset;
        (vault, hub, oracle, risk, asset, usdc) = stack.parts();
        stack.connect(CHAIN_A, headers, LAG, DELAY);
        stack.listRemote(CHAIN_A, address(collateralVault), address(weth), 0, CAP, GROWTH);
        stack.listRemote(CHAIN_A, address(collateralVault), address(wbtc), 1, 100e8, 1e8);
        localWeth = address(asset);
    }

    function _start() internal {
        second = bytes32(uint256(uint160(alice)) << 96 | 2);
        bytes32 first = account;
        chainGiven = true;
        for (uint256 number = 1; number <= LIENS + 1; ++number) {
            account = number == 2 ? second : first;
            (MockToken token, uint128 amount) = number == 3 ? (wbtc, uint128(5e8)) : (weth, LOCKED);
            minted[address(token)] += amount;
            _lockFor(token, amount);
            if (number <= LIENS) _count(number);
        }
        account = first;
        chainGiven = false;
        _onB();
        stack.addHere(second, 2e18);
    }

    // -------------------------------------------------------------------------------------------------- both chains

    /// @dev Chain B is awake before every step, and every step may begin on it.
    function _onB() internal {
        vm.chainId(CHAIN_B);
        stack.keepAlive();
    }

    function _pass(uint256 time) internal {
        skip(time);
        _onB();
    }

    function _lien(uint256 number) internal view returns (IMarginHub.RemoteLien memory) {
        return hub.lienOf(_key(number));
    }

    function _tokenOf(uint256 number) internal view returns (MockToken) {
        return number == 3 ? wbtc : weth;
    }

    function _accountOf(uint256 number) internal view returns (bytes32) {
        return number == 2 ? second : account;
    }

    function _person(uint256 which) internal view returns (address) {
        return [alice, bob, carol, thief][which % PEOPLE];
    }

    // ------------------------------------------------------------------------------------------------------ proofs

    /// @dev The state of a lien, and of the lien that its swap would fill, as the vault's storage is now; small, because tries are dear.
    function _proofNow(uint256 number) internal returns (IMarginHub.LienProof memory) {
        return _proofOf(number, vm.load(address(collateralVault), LienCode.stateSlot(number)));
    }

    function _proofOf(uint256 number, bytes32 state) internal returns (IMarginHub.LienProof memory proof) {
        TrieBuilder.Entry[] memory slots = new TrieBuilder.Entry[](number == 1 ? 2 : 1);
        slots[0] = TrieBuilder.slotEntry(LienCode.stateSlot(number), state);
        if (number == 1) slots[1] = _slot(address(collateralVault), LienCode.stateSlot(3));
        (proof.locator, proof.accountProof) = _publishAlone(CHAIN_A, address(collateralVault), slots);
        proof.stateProof = TrieBuilder.proof(slots, slots[0].key);
        if (number == 1) proof.outStateProof = TrieBuilder.proof(slots, slots[1].key);
    }

    /// @dev A proof that the hub stores `stored` for the order at its counter.
    function _orderProofAlone(Order memory order, bytes32 stored)
        internal
        returns (ICollateralVault.OrderProof memory proof)
    {
        TrieBuilder.Entry[] memory slots = new TrieBuilder.Entry[](1);
        slots[0] = TrieBuilder.slotEntry(LienCode.orderSlot(LienCode.lienKey(order.lien), order.counter), stored);
        (proof.locator, proof.accountProof) = _publishAlone(CHAIN_B, order.hub, slots);
        proof.orderProof = TrieBuilder.proof(slots, slots[0].key);
    }

    /// @dev As `_publish`, of a chain on which the target stands alone. Larger tries are for the unit tests and for real nodes' proofs.
    function _publishAlone(uint256 chainId, address target, TrieBuilder.Entry[] memory slots)
        private
        returns (bytes memory locator, bytes[] memory accountProof)
    {
        TrieBuilder.Entry[] memory accounts = new TrieBuilder.Entry[](1);
        accounts[0] = TrieBuilder.accountEntry(target, TrieBuilder.root(slots));
        accountProof = TrieBuilder.proof(accounts, accounts[0].key);
        locator = abi.encode(++blockNumber);
        headers.tell(chainId, locator, _header(TrieBuilder.root(accounts)));
    }

    /// @dev Brings a proof once its header is final, and writes down what the count rose by.
    function _observe(uint256 number, IMarginHub.LienProof memory proof, bool given) internal {
        vm.chainId(CHAIN_B);
        address token = address(_tokenOf(number));
        uint256 before = _countedIn(token);
        uint256 own = _counts(number);
        uint64 swapping = _lien(number).swapCounter;
        hub.refreshLien(_key(number), proof);
        uint256 later = _countedIn(token);
        if (swapping != 0 && _lien(number).swapCounter == 0) before += _comesBack(number, swapping, own);
        // WBTC also comes in by swaps, which are paid for and go past the limit of growth.
        if (given || token == address(wbtc) || later <= before) return;
        _log(_admitted[token], later - before);
        assertLe(_lastDay(_admitted[token]), GROWTH, "103: the count grew by more than a day's growth");
    }

    /// @dev Units of a swap that has ended which may count again without being admitted: all, unless A has carried it out. Where the thief has
    /// made lien 3 count more than it has, what a swap brought fills that up, and its units are missed in lien 1 instead: they are his.
    function _comesBack(uint256 number, uint64 swapping, uint256 own) private returns (uint256) {
        Order memory order = hub.orderOf(_key(number), swapping);
        if (!carriedOut[LienCode.orderHash(order)]) return order.units;
        if (!touched[3]) return 0;
        admittedByForgery[address(weth)] += FixedPointMathLib.zeroFloorSub(_counts(number), own);
        return order.units;
    }

    /// @dev What counts for something: units that a forged proof missed come back without being admitted again.
    function _countedIn(address token) internal view returns (uint256) {
        return token == address(wbtc) ? _counts(3) : _counts(1) + _counts(2);
    }

    function _counts(uint256 number) private view returns (uint256) {
        IMarginHub.RemoteLien memory lien = _lien(number);
        return uint256(lien.counted) + lien.disputed;
    }

    function _refreshNow(uint256 number, bool given) internal {
        chainGiven = given;
        IMarginHub.LienProof memory proof = _proofNow(number);
        chainGiven = false;
        skip(LAG);
        _onB();
        _observe(number, proof, given);
    }

    // --------------------------------------------------------------------------------------------------- chain A

    /// @dev Has chain A carry out an order, and looks at who was paid what.
    function _carry(Order memory order, bool given, bytes32 stored) internal returns (bool executed) {
        chainGiven = given;
        ICollateralVault.OrderProof memory proof = _orderProofAlone(order, stored);
        chainGiven = false;
        vm.chainId(CHAIN_A);
        _fund(order);
        uint256[PEOPLE] memory before = _balances(order.lien.number);
        uint128 amount = collateralVault.lienOf(order.lien.number).amount;
        uint256 limit = _limitAtOnce(order.lien.number);
        executed = collateralVault.execute(order, proof);
        _judge(order, before, amount, executed);
        if (executed && !given) {
            Entry[] storage left = _leftAtOnce[address(_tokenOf(order.lien.number))];
            _log(left, order.units);
            assertLe(_lastDay(left), limit, "104: more than 2 % left at once in a day");
        }
    }

    function _carryQueued(Order memory order) internal {
        vm.chainId(CHAIN_A);
        _fund(order);
        uint256[PEOPLE] memory before = _balances(order.lien.number);
        uint128 amount = collateralVault.lienOf(order.lien.number).amount;
        bool lapsed = vm.getBlockTimestamp() > order.deadline;
        collateralVault.executeQueued(order);
        if (lapsed) _noteEnd(order);
        _judge(order, before, amount, !lapsed);
    }

    function _lapseNow(Order memory order, bool given) internal {
        chainGiven = given;
        ICollateralVault.OrderProof memory proof = _orderProofAlone(order, LienCode.orderHash(order));
        chainGiven = false;
        vm.chainId(CHAIN_A);
        uint256[PEOPLE] memory before = _balances(order.lien.number);
        uint128 amount = collateralVault.lienOf(order.lien.number).amount;
        if (collateralVault.lapse(order, proof)) _noteEnd(order);
        _judge(order, before, amount, false);
    }

    function _fund(Order memory order) private {
        if (order.kind != OrderKind.Swap) return;
        wbtc.mint(address(this), order.minOut);
        minted[address(wbtc)] += order.minOut;
        wbtc.approve(address(collateralVault), order.minOut);
    }

    function _balances(uint256 number) internal view returns (uint256[PEOPLE] memory held) {
        for (uint256 i = 0; i < PEOPLE; ++i) {
            held[i] = _tokenOf(number).balanceOf(_person(i));
        }
    }

    /// @dev What a step on A did to the lien and to everybody.
    function _judge(Order memory order, uint256[PEOPLE] memory before, uint128 amount, bool executed) private {
        uint256 number = order.lien.number;
        uint256 paid = executed ? FixedPointMathLib.min(order.units, amount) : 0;
        uint256[PEOPLE] memory later = _balances(number);
        for (uint256 i = 0; i < PEOPLE; ++i) {
            uint256 due = order.kind != OrderKind.Swap && _person(i) == order.to ? paid : 0;
            assertEq(later[i] - before[i], due, "107: somebody else than the recorded recipient was paid");
        }
        assertEq(
            collateralVault.lienOf(number).amount, amount - paid, "107: the lien lost something else than its order"
        );
        if (!executed) return;
        _noteEnd(order);
        carriedOut[LienCode.orderHash(order)] = true;
        string[3] memory names = ["release paid", "seizure paid", "swap carried out"];
        ++counted[names[uint8(order.kind)]];
        if (forgedAt[number][order.counter] != 0) takenByForgery[address(_tokenOf(number))] += paid;
    }

    function _noteEnd(Order memory order) private {
        bytes32 orderHash = LienCode.orderHash(order);
        assertEq(++executions[orderHash], 1, "106: an order ended twice");
        assertEq(collateralVault.lienOf(order.lien.number).counter, order.counter, "105: the counter left its sequence");
    }

    function _limitAtOnce(uint256 number) private view returns (uint256) {
        return uint256(collateralVault.tokenOf(address(_tokenOf(number))).total) * 2 / 100;
    }

    // ---------------------------------------------------------------------------------------------------- windows

    function _log(Entry[] storage entries, uint256 units) private {
        // Test values are far under the limit of the type.
        // forge-lint: disable-next-line(unsafe-typecast)
        entries.push(Entry({time: uint64(vm.getBlockTimestamp()), units: uint128(units)}));
    }

    /// @dev Units of the entries younger than a day.
    function _lastDay(Entry[] storage entries) private view returns (uint256 units) {
        for (uint256 i = entries.length; i > 0; --i) {
            Entry memory entry = entries[i - 1];
            if (entry.time + 24 hours <= vm.getBlockTimestamp()) break;
            units += entry.units;
        }
    }
}
