// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IOptionBook} from "../../../contracts/interfaces/IOptionBook.sol";
import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";

/// @title A vault that keeps balances only: what options do to money, without lenders and collateral
/// @dev A balance is the account's money in stable units and never negative: what a loss finds no money for is uncovered. Money leaves
/// balances into `pot` at settlement and comes back from there, so that balances + pot + fund stay what was put in.
contract FakeClearing {
    error NotBook(address caller);
    error BalanceTooSmall(bytes32 account, uint256 balance, uint256 amount);
    error UnderInitial(bytes32 account, uint256 balance, uint256 requirement);
    error NotImproved(bytes32 account, uint256 before, uint256 current);

    uint256 public immutable stableScale;
    IOptionBook public book;

    mapping(bytes32 account => uint256) public balanceOf;
    uint256 public pot;
    uint256 public fund;
    uint256 public deficit;
    bytes public lastLeaf;
    uint256 public lastAddedRisk;
    uint256 public initialChecks;
    uint256 public improvedChecks;
    bool public marginOff;

    constructor(uint256 stableScale_) {
        stableScale = stableScale_;
    }

    modifier onlyBook() {
        if (msg.sender != address(book)) revert NotBook(msg.sender);
        _;
    }

    function setBook(IOptionBook book_) external {
        book = book_;
    }

    function setMarginOff(bool off) external {
        marginOff = off;
    }

    function put(bytes32 account, uint256 amount) external {
        balanceOf[account] += amount;
    }

    function setBalance(bytes32 account, uint256 amount) external {
        balanceOf[account] = amount;
    }

    function putFund(uint256 amount) external {
        fund += amount;
    }

    function takeFraction(bytes32 from, bytes32 to, uint256 fraction) external {
        book.takeFraction(from, to, fraction);
    }

    function movePremium(bytes32 from, bytes32 to, uint256 amount) external onlyBook {
        if (balanceOf[from] < amount) revert BalanceTooSmall(from, balanceOf[from], amount);
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }

    function settleLoss(bytes32 account, uint256 amount) external onlyBook returns (uint256 uncovered) {
        uint256 paid = amount < balanceOf[account] ? amount : balanceOf[account];
        balanceOf[account] -= paid;
        pot += paid;
        uncovered = amount - paid;
        deficit += uncovered;
    }

    function creditGain(bytes32 account, uint256 amount) external onlyBook {
        pot -= amount;
        balanceOf[account] += amount;
    }

    function absorbOptionDeficit(uint256 claims) external onlyBook returns (uint256 haircut) {
        uint256 paid = fund < deficit ? fund : deficit;
        fund -= paid;
        pot += paid;
        deficit -= paid;
        haircut = deficit < claims ? deficit : claims;
        deficit -= haircut;
    }

    function standing(bytes32 account) public view returns (uint256 health, int256 equity) {
        (uint256 requirement, int256 worth) = book.maintenance(account);
        uint256 money = balanceOf[account] * stableScale;
        health = requirement == 0 ? type(uint256).max : money * 1e18 / requirement;
        // casting to 'int256' is safe because tests put in less than 2^255
        // forge-lint: disable-next-line(unsafe-typecast)
        equity = int256(money) + worth;
    }

    function requireInitial(bytes32 account, bytes calldata leaf, uint256 addedRisk) external onlyBook {
        ++initialChecks;
        lastLeaf = leaf;
        lastAddedRisk = addedRisk;
        if (marginOff) return;
        uint256 requirement = book.initialRequirement(account);
        uint256 money = balanceOf[account] * stableScale;
        if (money < requirement) revert UnderInitial(account, money, requirement);
    }

    function requireImproved(bytes32 account, uint256 healthBefore, int256) external onlyBook {
        ++improvedChecks;
        (uint256 health,) = standing(account);
        if (health <= healthBefore && health != type(uint256).max) revert NotImproved(account, healthBefore, health);
    }

    function ownerOf(bytes32 account) external pure returns (address) {
        return address(uint160(uint256(account) >> 96));
    }
}

/// @title A contract wallet that agrees to one digest (ERC-1271)
contract MockWallet {
    bytes32 public agreed;

    function agree(bytes32 digest) external {
        agreed = digest;
    }

    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        return digest == agreed ? this.isValidSignature.selector : bytes4(0xffffffff);
    }
}
