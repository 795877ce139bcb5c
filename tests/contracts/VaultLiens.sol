// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {CollateralVault} from "../../contracts/CollateralVault.sol";
import {IHeaderSource} from "../../contracts/interfaces/IHeaderSource.sol";
import {IMarginHub} from "../../contracts/interfaces/IMarginHub.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {LienCode} from "../../contracts/libraries/LienCode.sol";
import {LienId, LienTerms} from "../../contracts/types/Lien.sol";
import {VaultOptions} from "./VaultOptions.sol";
import {TellingHeaders} from "./mocks/CrossChainMocks.sol";
import {MockToken} from "./mocks/MockToken.sol";
import {TrieBuilder} from "./mocks/TrieBuilder.sol";

/// @title The whole protocol with a collateral vault on another chain whose WETH counts here, by true proofs of its storage
abstract contract VaultLiens is VaultOptions {
    uint256 internal constant CHAIN_A = 1;
    uint32 internal constant LAG = 20 minutes;
    uint32 internal constant DELAY = 1 hours;

    CollateralVault internal remoteVault;
    TellingHeaders internal headers;
    MockToken internal remoteWeth;
    uint64 private _blockNumber = 1000;

    function setUp() public virtual override {
        super.setUp();
        headers = new TellingHeaders();
        remoteVault = new CollateralVault(address(manager));
        remoteWeth = new MockToken("Wrapped Ether elsewhere", "WETH", 18);
        remoteVault.setToken(address(remoteWeth), 18, 1_000_000e18, 1_000_000e18);
        remoteVault.setHub(block.chainid, address(marginHub), headers);
        marginHub.setHeaderSource(CHAIN_A, headers);
        marginHub.setSourceChain(CHAIN_A, LAG, DELAY, 1e30);
        marginHub.listRemote(
            CHAIN_A, address(remoteVault), address(remoteWeth), address(weth), 18, 1_000_000e18, 1_000_000e18, 1e24
        );
    }

    /// @dev Locks WETH on the other chain for an account and counts it here, a finality lag later.
    function _lien(bytes32 account, uint128 amount) internal returns (bytes32 key) {
        uint256 here = block.chainid;
        address owner = vault.ownerOf(account);
        remoteWeth.mint(owner, amount);
        vm.chainId(CHAIN_A);
        vm.startPrank(owner);
        remoteWeth.approve(address(remoteVault), amount);
        uint256 number = remoteVault.lock(address(remoteWeth), amount, here, address(marginHub), account);
        vm.stopPrank();
        vm.chainId(here);

        (IMarginHub.LienProof memory proof, bytes[] memory termsProof) = _proofOf(number);
        LienTerms memory terms = remoteVault.termsOf(number);
        _wait(LAG);
        LienId memory id = LienId({chainId: CHAIN_A, collateralVault: address(remoteVault), number: number});
        vm.prank(owner);
        key = marginHub.countLien(id, terms, termsProof, proof);
    }

    function _proofOf(uint256 number) private returns (IMarginHub.LienProof memory proof, bytes[] memory termsProof) {
        uint256 count = remoteVault.lienCount();
        TrieBuilder.Entry[] memory slots = new TrieBuilder.Entry[](2 * count);
        for (uint256 i = 0; i < count; ++i) {
            slots[2 * i] = _slot(LienCode.termsSlot(i + 1));
            slots[2 * i + 1] = _slot(LienCode.stateSlot(i + 1));
        }
        TrieBuilder.Entry[] memory contracts = new TrieBuilder.Entry[](2);
        contracts[0] = TrieBuilder.accountEntry(address(remoteVault), TrieBuilder.root(slots));
        contracts[1] = TrieBuilder.accountEntry(address(0xdead), keccak256("another"));
        proof.accountProof = TrieBuilder.proof(contracts, contracts[0].key);
        proof.locator = abi.encode(++_blockNumber);
        proof.stateProof = TrieBuilder.proof(slots, keccak256(abi.encodePacked(LienCode.stateSlot(number))));
        termsProof = TrieBuilder.proof(slots, keccak256(abi.encodePacked(LienCode.termsSlot(number))));
        headers.tell(
            CHAIN_A,
            proof.locator,
            IHeaderSource.Header({
                number: _blockNumber,
                timestamp: uint64(vm.getBlockTimestamp()),
                knownSince: uint64(vm.getBlockTimestamp()),
                stateRoot: TrieBuilder.root(contracts),
                chainGiven: true
            })
        );
    }

    function _slot(bytes32 slot) private view returns (TrieBuilder.Entry memory) {
        return TrieBuilder.slotEntry(slot, vm.load(address(remoteVault), slot));
    }

    function _lienLimits(bytes32 lien) internal returns (IMarginVault.LienLimits memory) {
        return IMarginVault.LienLimits({
            lien: lien,
            maxRepay: type(uint256).max,
            minUnits: 1,
            recipient: makeAddr("recipient"),
            deadline: vm.getBlockTimestamp()
        });
    }

    /// @dev With all the money it takes.
    function _seizeLien(bytes32 account, bytes32 lien) internal returns (uint256 repaid, uint256 units) {
        IMarginVault.LienLimits memory limits = _lienLimits(lien);
        usdc.mint(liquidator, 1e15);
        vm.startPrank(liquidator);
        usdc.approve(address(vault), type(uint256).max);
        (repaid, units) = vault.liquidateLien(account, limits);
        vm.stopPrank();
    }

    function _refuseLien(bytes32 account, IMarginVault.LienLimits memory limits, bytes memory reason) internal {
        vm.expectRevert(reason);
        vault.liquidateLien(account, limits);
    }
}
